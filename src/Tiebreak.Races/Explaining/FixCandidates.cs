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

    private FixCandidates(Run run, Catalog catalog, IsolationLevel isolation, IReadOnlyList<string> names)
    {
        _history = new History(run, catalog, isolation);
        _names = names;
        _isolation = isolation;
        _unwrapped = [.. Enumerable.Range(0, names.Count).Where(IsUnwrapped)];
    }

    /// <param name="finding">The run that breaks.</param>
    /// <param name="catalog">Of its database.</param>
    /// <param name="isolation">The level at which it was found.</param>
    /// <param name="names">The actors' names.</param>
    public static IReadOnlyList<FixCandidate> Of(Run finding, Catalog catalog, IsolationLevel isolation, IReadOnlyList<string> names) =>
        finding.DeadlockCycle is not null ? [] : [.. new FixCandidates(finding, catalog, isolation, names).All()];

    private IEnumerable<FixCandidate> All()
    {
        var locks = Tables().SelectMany(table => Clauses(table).Select(clause => Lock(table, clause))).OfType<FixCandidate>().ToList();
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

        foreach (var unique in UniqueIndexes())
        {
            yield return unique;
        }

        foreach (var level in new[] { IsolationLevel.RepeatableRead, IsolationLevel.Serializable }.Where(level => level != _isolation && _isolation != IsolationLevel.Serializable))
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

    private FixCandidate? Lock(string table, string clause)
    {
        var shapes = new Dictionary<int, HashSet<string>>();
        var texts = new List<(int Actor, string Text)>();
        for (var position = 0; position < _history.Steps.Count; position++)
        {
            var step = _history.Steps[position];
            if (_history.Readings[position].Verb == "select" && _history.Readings[position].Reads.Contains(table, StringComparer.Ordinal)
                && SqlRewriting.AppendLock(step.Sql, clause, table, _history.Catalog) is { } locked)
            {
                var known = shapes.TryGetValue(step.Actor, out var found) ? found : shapes[step.Actor] = new HashSet<string>(StringComparer.Ordinal);
                if (known.Add(SqlRewriting.Shape(step.Sql)))
                {
                    texts.Add((step.Actor, SqlForReading.Of(locked, step.Parameters)));
                }
            }
        }

        return shapes.Count == 0 ? null : new FixCandidate
        {
            What = What(texts),
            Rewrites = shapes.ToDictionary(
                found => found.Key,
                found => (Func<string, string>)(sql => found.Value.Contains(SqlRewriting.Shape(sql)) ? SqlRewriting.AppendLock(sql, clause, table, _history.Catalog) ?? sql : sql)),
        };
    }

    private IEnumerable<FixCandidate> UniqueIndexes()
    {
        foreach (var (one, other) in PairsOfInserts())
        {
            var cycle = Cycles.OfTwo(_history).FirstOrDefault(cycle => cycle.Stale.Table == one.Table && cycle.Missed.Change.Old is null);
            var looked = cycle is null ? [] : Anomalies.OnceColumns(cycle.Stale.Reading, one, other);
            // Where a count or a sum decided, an index would forbid rows that happen to be equal.
            var equal = cycle is { Stale.Reading.Aggregates.Count: > 0 } ? [] : EqualColumns(one, other);
            foreach (var columns in new[] { looked, equal }.Where(columns => columns.Count > 0).DistinctBy(columns => string.Join(',', columns), StringComparer.Ordinal))
            {
                yield return new FixCandidate
                {
                    What = $"a unique index on {Short(one.Table)} ({string.Join(", ", columns)})",
                    Schema = $"CREATE UNIQUE INDEX ON {QuotedTable(one.Table)} ({string.Join(", ", columns.Select(Quoted))})",
                };
            }
        }
    }

    private IEnumerable<(RowChange One, RowChange Other)> PairsOfInserts() =>
        from one in _history.Writes.Where(write => write.Change.Old is null)
        from other in _history.Writes.Where(write => write.Change.Old is null && write.Actor > one.Actor && write.Change.Table == one.Change.Table)
        where Cycles.OfTwo(_history).Any(cycle => cycle.Stale.Table == one.Change.Table)
        group (one.Change, other.Change) by one.Change.Table into pairs
        select pairs.First();

    private List<string> EqualColumns(RowChange one, RowChange other)
    {
        var generated = _history.Catalog.Tables.TryGetValue(one.Table, out var table) ? table.GeneratedColumns : new HashSet<string>(StringComparer.Ordinal);
        var theirs = RowMatch.Columns(other.New);
        return [.. RowMatch.Columns(one.New).Where(column => !generated.Contains(column.Key) && RowMatch.Same(column.Value, theirs.GetValueOrDefault(column.Key))).Select(column => column.Key)];
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

    private static string Short(string table) => table.StartsWith("public.", StringComparison.Ordinal) ? table["public.".Length..] : table;

    private static string QuotedTable(string table) => table.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot
        ? $"{Quoted(table[..dot])}.{Quoted(table[(dot + 1)..])}"
        : Quoted(table);

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
