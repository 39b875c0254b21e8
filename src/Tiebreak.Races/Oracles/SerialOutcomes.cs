using Tiebreak.Races.Findings;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Oracles;

/// <summary>
/// What the orders one at a time lead to, and through them the eyes with which every outcome is seen. Each order is run
/// twice, the second time with all sequences moved on; what then differs does not count. Not safe for several threads.
/// </summary>
/// <param name="catalog">Tells keys and foreign keys.</param>
/// <param name="start">The starting rows of all tables, as the stage reads them.</param>
/// <param name="actors">Their names.</param>
/// <param name="ignored">Columns that do not count, as <c>table.column</c>.</param>
internal sealed class SerialOutcomes(Catalog catalog, IReadOnlyDictionary<string, TableRows> start, IReadOnlyList<string> actors, IReadOnlySet<string> ignored)
{
    private static readonly Outcome Nothing = new([], new Dictionary<string, TableRows>(StringComparer.Ordinal), []);

    private readonly Dictionary<string, (IReadOnlyList<int> Order, Outcome First, Outcome Second)> _runs = new(StringComparer.Ordinal)
    {
        [""] = ([], Nothing, Nothing),
    };

    private readonly Dictionary<string, SerialOrder> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TableRows> _start = start.ToDictionary(table => table.Key, table => RowDifference.WithoutIgnored(table.Key, table.Value, ignored), StringComparer.Ordinal);

    // Most orders lead to what an earlier one led to.
    private readonly Dictionary<string, CanonicalOutcome> _canonical = new(StringComparer.Ordinal);
    private Masks? _masks;

    /// <summary>The actors' names.</summary>
    public IReadOnlyList<string> Actors => actors;

    /// <summary>All orders that were run; the one of nobody, which needs no run, is left out.</summary>
    public IReadOnlyList<SerialOrder> All => [.. _runs.Values.Where(run => run.Order.Count > 0).Select(run => See(run.Order))];

    /// <summary>What the orders of all actors lead to, in the sequence of <see cref="OrdersOf"/>.</summary>
    public IReadOnlyList<CanonicalOutcome> Complete => [.. Of([.. Enumerable.Range(0, actors.Count)]).Select(order => order.Outcome)];

    /// <summary>How many different outcomes the orders of all actors have.</summary>
    public int Distinct => Complete.Distinct().Count();

    /// <summary>What is not compared, because it differs between equal runs.</summary>
    public IReadOnlyList<MaskedValue> Masked => [.. _runs.Values
        .SelectMany(run => Remains.Hidden(Masks, [.. AnswersOf(run.First, run.Order).Select(Masks.Unordered.Mark), .. RowsOf(run.First).Now]))
        .DistinctBy(masked => masked.Where, StringComparer.Ordinal)
        .OrderBy(masked => masked.Where, StringComparer.Ordinal)];

    /// <summary>The actors of whose answers nothing is compared, whatever the order.</summary>
    public IReadOnlyList<string> Emptied => [.. Enumerable.Range(0, actors.Count).Where(actor =>
        _runs.Values.Where(run => run.Order.Contains(actor)).ToList() is { Count: > 0 } runs
        && runs.TrueForAll(run => new Remains(Masks, Masks.MadeIds(RowsOf(run.First).Now)).IsEmptied(Masks.Unordered.Mark(AnswersOf(run.First, [actor])[0]))))
        .Select(actor => actors[actor])];

    /// <summary>Every order of some actors.</summary>
    public static IReadOnlyList<IReadOnlyList<int>> OrdersOf(IReadOnlyCollection<int> who) => who.Count == 0
        ? [[]]
        : [.. who.Order().SelectMany(first => OrdersOf([.. who.Where(other => other != first)]).Select(rest => (IReadOnlyList<int>)[first, .. rest]))];

    /// <summary>Those that an outcome counts as having run, ascending.</summary>
    public static IReadOnlyList<int> WhoRan(Outcome outcome) => [.. Enumerable.Range(0, outcome.Ends.Count).Where(actor => outcome.Ends[actor].TookEffect)];

    /// <summary>The orders that have to be run before this outcome can be judged.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Missing(Outcome outcome) => [.. OrdersOf(WhoRan(outcome)).Where(order => !_runs.ContainsKey(KeyOf(order)))];

    /// <summary>Takes in an order that was run twice.</summary>
    /// <param name="order">The actors that ran, in order.</param>
    /// <param name="first">From the starting rows. The answers of actors that are not in the order are not looked at.</param>
    /// <param name="second">The same again, all sequences moved on.</param>
    public void Add(IReadOnlyList<int> order, Outcome first, Outcome second)
    {
        _runs[KeyOf(order)] = ([.. order], first, second);
        _masks = null;
        _seen.Clear();
        _canonical.Clear();
    }

    /// <summary>
    /// Where two equal runs still differ: the actors do not do the same twice, and nothing can be said of them. Each line says
    /// the order and what was seen in one of the two only.
    /// </summary>
    public IReadOnlyList<string> FindUnstable() => [.. _runs.Values
        .Select(run => (run.Order, First: Canonical(run.First, run.Order), Second: Canonical(run.Second, run.Order)))
        .Where(run => !run.First.Equals(run.Second))
        .SelectMany(run => Differences.Between(run.First, run.Second).Select(line => $"{string.Join(", ", run.Order.Select(actor => actors[actor]))}: {line}"))];

    /// <summary>The orders of exactly these actors that were run.</summary>
    public IReadOnlyList<SerialOrder> Of(IReadOnlyCollection<int> who) =>
        [.. OrdersOf(who).Where(order => _runs.ContainsKey(KeyOf(order))).Select(See)];

    /// <summary>Whether some order that was run ends with this error for that actor.</summary>
    public bool IsAnswerOfSomeOrder(int actor, ActorAnswer answer) => _runs.Values
        .Where(run => run.Order.Contains(actor))
        .Select(run => run.First.Ends[actor].Answer)
        .Any(known => known.Error is not null && known.SqlState == answer.SqlState && (known.SqlState is not null || known.Text == answer.Text));

    /// <summary>
    /// The answers of some actors in an order of all who ran in which the others and the rows end as here, and these are refused
    /// as well; <see langword="null"/> when there is none.
    /// </summary>
    public IReadOnlyList<ActorAnswer>? RefusalsOfSomeOrder(Outcome outcome, IReadOnlyCollection<int> who, IReadOnlyList<int> refused)
    {
        var others = who.Except(refused).ToList();
        var seen = Canonical(outcome, others);
        return _runs.Values
            .Where(run => run.Order.Count == who.Count && run.Order.All(who.Contains) && refused.All(actor => run.First.Ends[actor].Answer.IsFailure) && Canonical(run.First, others).Equals(seen))
            .Select(run => (IReadOnlyList<ActorAnswer>)[.. refused.Select(actor => run.First.Ends[actor].Answer)])
            .FirstOrDefault();
    }

    /// <summary>What an outcome means, with the answers of some actors only.</summary>
    public CanonicalOutcome Canonical(Outcome outcome, IReadOnlyCollection<int> who)
    {
        var key = OutcomeText.Of(outcome, who);
        if (!_canonical.TryGetValue(key, out var canonical))
        {
            _canonical[key] = canonical = MakeCanonical(outcome, who);
        }

        return canonical;
    }

    private CanonicalOutcome MakeCanonical(Outcome outcome, IReadOnlyCollection<int> who)
    {
        var answers = AnswersOf(outcome, who).ConvertAll(Masks.Unordered.Mark);
        var (now, gone, changed) = RowsOf(outcome);
        var parts = new RecordParts(Masks, Masks.MadeIds(now));
        var written = IdNames.Write(
        [
            .. answers.Concat(now).Select(record => parts.Of(record, record.Title + ":")),
            .. gone.Concat(changed).Select(record => parts.Of(record, $"{record.Title}, no longer:")),
        ]).ToList();
        var shown = answers.Count + now.Count + gone.Count;
        return new CanonicalOutcome(
            [.. written.Take(answers.Count), .. written.Take(shown).Skip(answers.Count).Order(StringComparer.Ordinal)],
            written.Skip(shown).Order(StringComparer.Ordinal));
    }

    private Masks Masks => _masks ??= Masks.Learn(
        catalog, [.. _start.SelectMany(table => OutcomeRecord.OfTable(table.Key, table.Value.Columns, table.Value.Rows))], [.. _runs.Values.Select(run => ((IReadOnlyList<OutcomeRecord>)Records(run.First, run.Order), (IReadOnlyList<OutcomeRecord>)Records(run.Second, run.Order)))], ignored);

    private static string KeyOf(IReadOnlyList<int> order) => string.Join(',', order);

    private SerialOrder See(IReadOnlyList<int> order)
    {
        var key = KeyOf(order);
        if (!_seen.TryGetValue(key, out var seen))
        {
            var run = _runs[key];
            _seen[key] = seen = new SerialOrder(order, Canonical(run.First, order), run.First.BrokenInvariants);
        }

        return seen;
    }

    private List<OutcomeRecord> Records(Outcome outcome, IReadOnlyCollection<int> who) => [.. AnswersOf(outcome, who), .. RowsOf(outcome).Now];

    private List<OutcomeRecord> AnswersOf(Outcome outcome, IReadOnlyCollection<int> who) =>
        [.. who.Order().Select(actor => OutcomeRecord.OfAnswer(actors[actor], outcome.Ends[actor].Answer.Text))];

    /// <summary>
    /// Rows that the start has not; rows of the start that are gone; and those of them whose key a new row has, which are
    /// the same rows before their change.
    /// </summary>
    private (IReadOnlyList<OutcomeRecord> Now, IReadOnlyList<OutcomeRecord> Gone, IReadOnlyList<OutcomeRecord> Changed) RowsOf(Outcome outcome)
    {
        var (now, gone, changed) = (new List<OutcomeRecord>(), new List<OutcomeRecord>(), new List<OutcomeRecord>());
        foreach (var (name, all) in outcome.Tables.OrderBy(table => table.Key, StringComparer.Ordinal))
        {
            var rows = RowDifference.WithoutIgnored(name, all, ignored);
            var before = _start.GetValueOrDefault(name) ?? new TableRows(rows.Columns, []);
            var key = catalog.Tables.TryGetValue(name, out var known) ? RowDifference.KeyPositions(known, rows) : [];
            var added = RowDifference.Without(rows, before);
            var keys = added.Select(row => RowDifference.KeyOf(row, key)).ToHashSet(StringComparer.Ordinal);
            var lost = RowDifference.Without(before, rows).ToLookup(row => key.Count > 0 && keys.Contains(RowDifference.KeyOf(row, key)));
            now.AddRange(OutcomeRecord.OfTable(name, rows.Columns, added));
            gone.AddRange(OutcomeRecord.OfTable(name, rows.Columns, lost[false]));
            changed.AddRange(OutcomeRecord.OfTable(name, rows.Columns, lost[true]));
        }

        return (now, gone, changed);
    }
}
