using System.Data;
using System.Text.RegularExpressions;
using Tiebreak.Races.Explaining;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Explaining;

/// <summary>
/// Runs written down, a line a step in the order in which they were let go:
/// <c>a: UPDATE t SET x = 1 => t {"id":1,"x":0} -> {"id":1,"x":1}; u -> {"id":2} | waits b until 4 | fails 23505</c>.
/// A star behind the actor's letter marks a statement outside a transaction that is explored whole.
/// </summary>
internal static partial class HistoryLanguage
{
    private static readonly string[] Names = ["alice", "bob", "carol", "dave"];

    public static Run Run(string history, IReadOnlyList<int>? deadlock = null)
    {
        var steps = history.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Step).ToList();
        var actors = steps.Max(step => step.Actor) + 1;
        var ends = Enumerable.Range(0, actors).Select(actor =>
        {
            var failed = steps.LastOrDefault(step => step.Actor == actor && step.SqlState is not null)?.SqlState;
            var retryable = failed is "40001" or "40P01" or "55P03";
            return new ActorEnd(new ActorAnswer("\"done\"", SqlState: failed), TookEffect: !retryable, retryable ? failed : null);
        });
        var letters = string.Concat(steps.Select(step => Schedule.LetterOf(step.Actor)));
        var outcome = new Outcome([.. ends], new Dictionary<string, TableRows>(StringComparer.Ordinal), []);
        return new Run(RunEnd.Completed, new Trace(new Schedule(letters), steps, [.. steps.Select(step => (IReadOnlyList<int>)[step.Actor])]), outcome, DeadlockCycle: deadlock);
    }

    public static NamedAnomaly Named(string history, IsolationLevel isolation = IsolationLevel.ReadCommitted, IReadOnlyList<int>? deadlock = null) =>
        Anomalies.Name(Run(history, deadlock), Catalog, isolation, Names);

    /// <summary>Tables of the histories: each with a primary key of id where it has one.</summary>
    public static Catalog Catalog { get; } = new(
        new[]
        {
            Table("voucher", "id", "used", "usage_limit"), Table("orders", "order_id", "voucher_id"), Table("stock", "id", "on_hand", "allocated"),
            Table("stockrecord", "id", "num_in_stock", "num_allocated"), Table("booking", "booking_id", "room", "span"), Table("coupon_user", "coupon_id", "user_id"),
            Table("invoice", "number"), Table("member", "id", "org", "role"), Table("docket_entry", "entry_id", "docket_id", "number"), Table("reserved", "order_id", "product_id", "qty"),
            Table("rate_category", "id"), Table("prc", "cat"), Table("control", "batch"), Table("receipt", "batch", "amt"), Table("account", "id", "balance"), Table("seat", "id", "claimed_by", "version"),
            Table("event", "id") with { }, Table("allocation", "stock_id", "quantity"), Table("discount", "id", "total_use", "usage_limit"), Table("purchase", "id", "item_id", "status"),
        }.ToDictionary(table => table.Name, StringComparer.Ordinal),
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["public.open_voucher"] = ["public.voucher"] },
        new HashSet<string>(StringComparer.Ordinal));

    private static CatalogTable Table(string name, params string[] columns) => new(
        $"public.{name}", columns, columns[0] == "id" ? [["id"]] : [], [], HasTriggers: false,
        new HashSet<string>(columns.Where(column => column == "entry_id"), StringComparer.Ordinal));

    private static Step Step(string line)
    {
        var parts = Line().Match(line);
        Assert.True(parts.Success, line);
        var sql = parts.Groups["sql"].Value.Trim();
        var clauses = parts.Groups["clause"].Captures.Select(capture => capture.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ToList();
        var waits = clauses.Find(clause => clause[0] == "waits");
        var fails = clauses.Find(clause => clause[0] == "fails")?[1];
        return new Step
        {
            Actor = parts.Groups["actor"].Value[0] - 'a',
            Kind = sql.ToUpperInvariant() switch { "COMMIT" => StepKind.Commit, "ROLLBACK" => StepKind.Rollback, _ => StepKind.Statement },
            Sql = sql,
            IsAutocommit = parts.Groups["auto"].Success,
            Tag = fails is null ? sql.Split(' ')[0].ToUpperInvariant() : null,
            SqlState = fails,
            Message = fails is null ? null : "refused",
            Changes = [.. parts.Groups["change"].Captures.Select(capture => Change(capture.Value.Trim()))],
            BlockedBy = waits is null ? [] : [.. waits[1].Select(letter => letter - 'a')],
            ResumedBy = waits is [_, _, "until", var until] ? int.Parse(until, System.Globalization.CultureInfo.InvariantCulture) : null,
        };
    }

    private static RowChange Change(string text)
    {
        var parts = ChangeParts().Match(text);
        Assert.True(parts.Success, text);
        return new RowChange($"public.{parts.Groups["table"].Value}", Row(parts.Groups["old"].Value), Row(parts.Groups["new"].Value));
    }

    private static string? Row(string text) => text.Length == 0 ? null : text;

    [GeneratedRegex(@"^(?<actor>[a-d])(?<auto>\*)?: (?<sql>[^|]*?)(?: => (?<change>[^;|]*)(?:;(?<change>[^;|]*))*)?(?:\| (?<clause>[^|]*))*$")]
    private static partial Regex Line();

    [GeneratedRegex(@"^(?<table>\w+) ?(?<old>\{.*?\})? -> ?(?<new>\{.*\})?$")]
    private static partial Regex ChangeParts();
}
