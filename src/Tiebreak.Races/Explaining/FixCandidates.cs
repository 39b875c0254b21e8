using System.Data;
using Tiebreak.Races.Reports;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Explaining;

/// <summary>Thinks of changes that might mend a finding, the cheapest first.</summary>
internal sealed class FixCandidates
{
    private const int Retries = 3;

    private readonly History _history;
    private readonly IReadOnlyList<string> _names;
    private readonly IsolationLevel _isolation;
    private readonly HashSet<int> _unwrapped;

    private readonly IReadOnlyList<Step> _steps;

    private FixCandidates(Run run, IReadOnlyList<Run> others, Catalog catalog, IsolationLevel isolation, IReadOnlyList<string> names)
    {
        _history = new History(run, catalog, isolation);
        _names = names;
        _isolation = isolation;
        _steps = [.. run.Trace.Steps.Concat(others.SelectMany(other => other.Trace.Steps)).Where(step => !step.IsOwn)];
        _unwrapped = [.. Enumerable.Range(0, names.Count).Where(IsUnwrapped)];
    }

    /// <param name="finding">The run that breaks.</param>
    /// <param name="others">Runs of the same actors one at a time: in them each comes to its end.</param>
    /// <param name="catalog">Of its database.</param>
    /// <param name="isolation">The level at which it was found.</param>
    /// <param name="names">The actors' names.</param>
    public static IReadOnlyList<FixCandidate> Of(Run finding, IReadOnlyList<Run> others, Catalog catalog, IsolationLevel isolation, IReadOnlyList<string> names) =>
        [.. new FixCandidates(finding, others, catalog, isolation, names).All().DistinctBy(candidate => candidate.What, StringComparer.Ordinal)];

    private IEnumerable<FixCandidate> All()
    {
        var isDeadlock = _history.Run.DeadlockCycle is not null || _history.Steps.Any(step => step.SqlState == "40P01");
        var tables = Tables().ToList();
        var locks = (isDeadlock ? [WeakerLocks()] : tables.Select(Claim)
            .Concat(tables.SelectMany(table => Clauses(table).Select(clause => Lock(table, clause))))
            .Concat(tables.Select(LockInside))).OfType<FixCandidate>().ToList();
        foreach (var found in locks)
        {
            yield return found;
        }

        var together = _unwrapped.Count == 0 ? null : new FixCandidate { What = $"{Who(_unwrapped)}: one transaction around all statements", OneTransaction = _unwrapped };
        if (together is not null)
        {
            yield return together;
            foreach (var found in locks.Where(found => found.Rewrites.Keys.Any(_unwrapped.Contains)))
            {
                yield return found with { What = $"{together.What}, and {found.What}", OneTransaction = _unwrapped };
            }
        }

        foreach (var constraint in new ConstraintFixes(_history).All())
        {
            yield return constraint;
        }

        foreach (var first in new FirstLocks(_history.Catalog, _steps, tables, _names.Count).All(isDeadlock))
        {
            var what = string.Join("; ", first.GroupBy(found => found.Value, StringComparer.Ordinal).Select(same => $"{Who(same.Select(found => found.Key))}: begin with {same.Key}{(SessionLock(same.Key) ? ", and unlock behind the last transaction" : "")}"));
            yield return new FixCandidate { What = together is null || first.Values.Any(SessionLock) ? what : $"{together.What}, and {what}", First = first, OneTransaction = first.Values.Any(SessionLock) ? new HashSet<int>() : _unwrapped };
        }

        foreach (var level in new[] { IsolationLevel.RepeatableRead, IsolationLevel.Serializable }.Where(level => level != _isolation && _isolation != IsolationLevel.Serializable && !isDeadlock))
        {
            var what = $"{ReportWords.Level(level).ToUpperInvariant()}, and run an actor again that ends in 40001";
            yield return new FixCandidate
            {
                What = together is null ? what : $"{together.What}, at {what}",
                Isolation = level,
                Retries = Retries,
                OneTransaction = _unwrapped,
            };
        }
    }

    private static bool SessionLock(string sql) => sql.Contains("pg_advisory_lock(", StringComparison.Ordinal);

    // The tables of which something was read too early, the likeliest first.
    private IEnumerable<string> Tables()
    {
        var best = Anomalies.Best(_history)?.Cycle.Stale.Table;
        var others = Cycles.OfTwo(_history).Select(cycle => cycle.Stale.Table);
        var three = Cycles.OfThree(_history) is var (first, third, _) ? new[] { first.Table, third.Table } : [];
        return (best is null ? others : others.Prepend(best)).Concat(three).Distinct(StringComparer.Ordinal).Take(3);
    }

    // Inserting a row that points to the table takes FOR KEY SHARE on its parent: only FOR UPDATE stands in its way.
    private IEnumerable<string> Clauses(string table) =>
        _history.Catalog.Tables.Values.Any(other => other.ForeignKeys.Any(key => key.Parent == table)) ? ["FOR NO KEY UPDATE", "FOR UPDATE"] : ["FOR UPDATE"];

    private FixCandidate? Lock(string table, string clause) => Rewritten((step, reading) => reading.Reads.Contains(table, StringComparer.Ordinal) && reading.Verb == "select"
        ? sql => SqlRewriting.AppendLock(sql, clause, table, _history.Catalog)
        : null);

    private FixCandidate? LockInside(string table) => Rewritten((step, reading) => reading.Verb is "update" or "delete" or "insert" or "select"
        ? sql => LockRewriting.LockSubquery(sql, "FOR UPDATE", table, _history.Catalog)
        : null);

    private FixCandidate? Claim(string table) => Rewritten((_, _) => sql => LockRewriting.Claim(sql, table, _history.Catalog));

    private FixCandidate? WeakerLocks() => Rewritten((_, _) => LockRewriting.Weaken);

    /// <summary>Statements in another form, for every actor that has such.</summary>
    private FixCandidate? Rewritten(Func<Step, SqlReading, Func<string, string?>?> how)
    {
        var forms = new Dictionary<int, Dictionary<string, Func<string, string?>>>();
        var texts = new List<(int Actor, string Text)>();
        foreach (var step in _steps.Where(step => step.Kind is StepKind.Statement))
        {
            if (how(step, SqlReader.Read(step.Sql, step.Parameters, _history.Catalog)) is { } rewrite && rewrite(step.Sql) is { } changed)
            {
                var known = forms.TryGetValue(step.Actor, out var found) ? found : forms[step.Actor] = new Dictionary<string, Func<string, string?>>(StringComparer.Ordinal);
                if (known.TryAdd(SqlRewriting.Shape(step.Sql), rewrite))
                {
                    texts.Add((step.Actor, SqlForReading.Of(changed, step.Parameters)));
                }
            }
        }

        return forms.Count == 0 ? null : new FixCandidate
        {
            What = What(texts),
            Rewrites = forms.ToDictionary(found => found.Key, found => (Func<string, string>)(sql => found.Value.TryGetValue(SqlRewriting.Shape(sql), out var rewrite) ? rewrite(sql) ?? sql : sql)),
        };
    }

    // An actor whose statements stand outside transactions, or each in one of its own.
    private bool IsUnwrapped(int actor)
    {
        var statements = Enumerable.Range(0, _history.Steps.Count).Where(position => _history.Steps[position].Actor == actor && _history.Steps[position].Kind == StepKind.Statement).ToList();
        return statements.Count > 1 && statements.TrueForAll(position => _history.TransactionOf(position).Count() == 1);
    }

    private string What(List<(int Actor, string Text)> texts) => string.Join("; ", texts
        .GroupBy(text => text.Text, StringComparer.Ordinal)
        .Select(same => $"{Who(same.Select(text => text.Actor).Distinct())}: {same.Key}"));

    private string Who(IEnumerable<int> actors) => ReportWords.And([.. actors.Order().Select(actor => _names[actor])]);
}
