using Tiebreak.Races.Resetting;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Explaining;

/// <summary>Locks with which every transaction of the actors could begin: taken by all before anything is read, and in one order.</summary>
/// <param name="catalog">Of their database.</param>
/// <param name="steps">What they did.</param>
/// <param name="tables">Of which something was read too early.</param>
/// <param name="actors">How many they are.</param>
internal sealed class FirstLocks(Catalog catalog, IReadOnlyList<Step> steps, IReadOnlyList<string> tables, int actors)
{
    private const int MostRows = 20;

    /// <summary>By actor the statement, the narrowest lock first.</summary>
    public IEnumerable<IReadOnlyDictionary<int, string>> All(bool isDeadlock)
    {
        var written = steps.SelectMany(step => step.Changes.Select(change => change.Table)).Distinct(StringComparer.Ordinal).ToList();
        foreach (var table in (isDeadlock ? written : tables.Concat(written).Distinct(StringComparer.Ordinal)))
        {
            if (OwnRows(table) is { } rows)
            {
                yield return rows;
            }

            if (Parents(table) is { } parents)
            {
                yield return parents;
            }
        }

        if ((tables.Count > 0 ? tables[0] : written.FirstOrDefault()) is { } shared)
        {
            var name = $"hashtextextended('{SqlTable.Short(shared).Replace("'", "''", StringComparison.Ordinal)}', 0)";
            yield return Enumerable.Range(0, actors).ToDictionary(actor => actor, _ => $"SELECT pg_advisory_xact_lock({name})");

            // Across several transactions, up to the actor's end.
            yield return Enumerable.Range(0, actors).ToDictionary(actor => actor, _ => $"SELECT pg_advisory_lock({name})");
        }
    }

    // The rows that were there and that it changes, in the order of their key.
    private Dictionary<int, string>? OwnRows(string table) => catalog.Tables.TryGetValue(table, out var known) && known.UniqueKeys.FirstOrDefault(key => key.Count == 1) is [var key]
        ? ForAll(actor => Select(table, key, Rows(table, actor).Where(change => change.Old is not null).Select(change => RowMatch.Columns(change.Old).GetValueOrDefault(key))))
        : null;

    // What the rows that it writes point to: sums and counts hang on it.
    private Dictionary<int, string>? Parents(string table) => catalog.Tables.TryGetValue(table, out var known) && known.ForeignKeys.FirstOrDefault(key => key.Columns.Count == 1) is { } reference
        ? ForAll(actor => Select(reference.Parent, reference.ParentColumns[0], Rows(table, actor).Select(change => RowMatch.Columns(change.New ?? change.Old).GetValueOrDefault(reference.Columns[0]))))
        : null;

    private IEnumerable<RowChange> Rows(string table, int actor) => steps.Where(step => step.Actor == actor).SelectMany(step => step.Changes).Where(change => change.Table == table);

    private Dictionary<int, string>? ForAll(Func<int, string?> make)
    {
        var made = Enumerable.Range(0, actors).ToDictionary(actor => actor, make);
        return made.Values.Any(sql => sql is null) ? null : made.ToDictionary(pair => pair.Key, pair => pair.Value!);
    }

    private static string? Select(string table, string key, IEnumerable<string?> values)
    {
        var rows = values.OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var literals = rows.Select(value => long.TryParse(value, out _) ? value : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'").ToList();
        return literals.Count is 0 or > MostRows
            ? null
            : $"SELECT 1 FROM {SqlTable.Plain(table)} WHERE {SqlTable.PlainName(key)} {(literals.Count == 1 ? $"= {literals[0]}" : $"IN ({string.Join(", ", literals)}) ORDER BY {SqlTable.PlainName(key)}")} FOR NO KEY UPDATE";
    }
}
