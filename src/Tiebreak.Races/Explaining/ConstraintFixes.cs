using System.Globalization;
using Tiebreak.Races.Sql;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Explaining;

/// <summary>Constraints that would let the database refuse the second of two: unique indexes, partial ones, exclusions.</summary>
internal sealed class ConstraintFixes(History history)
{
    public IEnumerable<FixCandidate> All()
    {
        foreach (var (one, other) in Pairs(inserts: true))
        {
            var cycle = Cycles.OfTwo(history).FirstOrDefault(cycle => cycle.Stale.Table == one.Table && cycle.Missed.Change.Old is null);
            var looked = cycle is null ? [] : Anomalies.OnceColumns(cycle.Stale.Reading, one, other);
            // Where a count or a sum decided, an index would forbid rows that happen to be equal.
            var equal = cycle is { Stale.Reading.Aggregates.Count: > 0 } ? [] : EqualColumns(one, other);
            foreach (var columns in new[] { looked, equal }.Where(columns => columns.Count > 0).DistinctBy(columns => string.Join(',', columns), StringComparer.Ordinal))
            {
                yield return new FixCandidate
                {
                    What = $"a unique index on {SqlTable.Short(one.Table)} ({string.Join(", ", columns)})",
                    Schema = $"CREATE UNIQUE INDEX ON {SqlTable.QuotedTable(one.Table)} ({string.Join(", ", columns.Select(SqlTable.Quoted))})",
                };
            }
        }

        foreach (var partial in Pairs(inserts: true).Concat(Pairs(inserts: false)).SelectMany(pair => Partial(pair.One, pair.Other)))
        {
            yield return partial;
        }

        foreach (var exclusion in Pairs(inserts: true).Select(pair => Exclusion(pair.One)).OfType<FixCandidate>())
        {
            yield return exclusion;
        }
    }

    // One row for each of a few columns among those of one state.
    private IEnumerable<FixCandidate> Partial(RowChange one, RowChange other)
    {
        var key = history.Catalog.Tables.TryGetValue(one.Table, out var table) && table.UniqueKeys is [var first, ..] ? first : [];
        var equal = EqualColumns(one, other).Except(key, StringComparer.Ordinal).ToList();
        var values = RowMatch.Columns(one.New);
        foreach (var state in equal.Where(column => IsState(values[column])))
        {
            foreach (var columns in equal.Where(column => column != state).Select(column => new[] { column }).Append([.. equal.Where(column => column != state)]).Where(columns => columns.Length > 0).DistinctBy(columns => string.Join(',', columns)).Take(3))
            {
                var value = values[state] is "true" or "false" ? values[state]! : $"'{values[state]!.Replace("'", "''", StringComparison.Ordinal)}'";
                yield return new FixCandidate
                {
                    What = $"a unique index on {SqlTable.Short(one.Table)} ({string.Join(", ", columns)}) WHERE {state} = {value}",
                    Schema = $"CREATE UNIQUE INDEX ON {SqlTable.QuotedTable(one.Table)} ({string.Join(", ", columns.Select(SqlTable.Quoted))}) WHERE {SqlTable.Quoted(state)} = {value}",
                };
            }
        }
    }

    // A look for rows between two columns, and a row inserted that has both.
    private FixCandidate? Exclusion(RowChange change)
    {
        var row = RowMatch.Columns(change.New);
        foreach (var read in history.Reads.Where(read => read.Table == change.Table))
        {
            var compared = Compared(SqlLexer.Read(history.Steps[read.Step].Sql)).Where(row.ContainsKey).Distinct(StringComparer.Ordinal).ToList();
            if (compared.Count != 2 || RangeOf(row[compared[0]]) is not { } range)
            {
                continue;
            }

            var ends = compared.OrderBy(column => row[column], Comparer<string?>.Create(Compare)).ToList();
            var same = read.Reading.Equalities.Keys.Where(row.ContainsKey).Order(StringComparer.Ordinal).ToList();
            var parts = same.Select(column => $"{SqlTable.PlainName(column)} WITH =").Append($"{range}({SqlTable.PlainName(ends[0])}, {SqlTable.PlainName(ends[1])}) WITH &&");
            var constraint = $"EXCLUDE USING gist ({string.Join(", ", parts)})";
            return new FixCandidate
            {
                What = $"a constraint on {SqlTable.Short(change.Table)}: {constraint}",
                Schema = $"{(same.Count > 0 ? "CREATE EXTENSION IF NOT EXISTS btree_gist; " : "")}ALTER TABLE {SqlTable.QuotedTable(change.Table)} ADD {constraint}",
            };
        }

        return null;
    }

    private static IEnumerable<string> Compared(IReadOnlyList<SqlToken> tokens)
    {
        for (var at = 1; at + 1 < tokens.Count; at++)
        {
            if (tokens[at].Is('<') || tokens[at].Is('>'))
            {
                var right = tokens[at + 1].Is('=') && at + 2 < tokens.Count ? tokens[at + 2] : tokens[at + 1];
                foreach (var name in new[] { tokens[at - 1], right }.Where(token => token.IsName))
                {
                    yield return name.Text;
                }
            }
        }
    }

    private static string? RangeOf(string? value) => value switch
    {
        null => null,
        _ when long.TryParse(value, out _) => "int8range",
        _ when decimal.TryParse(value, NumberStyles.Number, CultureInfo.InvariantCulture, out _) => "numrange",
        { Length: 10 } when DateOnly.TryParse(value, CultureInfo.InvariantCulture, out _) => "daterange",
        _ when DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.None, out _) => value.Length > 19 && (value.EndsWith('Z') || value.LastIndexOfAny(['+', '-']) > 10) ? "tstzrange" : "tsrange",
        _ => null,
    };

    private static int Compare(string? one, string? other) => decimal.TryParse(one, NumberStyles.Number, CultureInfo.InvariantCulture, out var left) && decimal.TryParse(other, NumberStyles.Number, CultureInfo.InvariantCulture, out var right)
        ? left.CompareTo(right)
        : string.CompareOrdinal(one, other);

    private static bool IsState(string? value) => value is not null && (value is "true" or "false" || (value.Length is > 0 and < 30 && value.All(letter => char.IsLetter(letter) || letter is '_' or '-' or ' ')));

    // Two rows that two actors wrote to one table of which one of them had read too early.
    private IEnumerable<(RowChange One, RowChange Other)> Pairs(bool inserts) =>
        from one in history.Writes.Where(write => write.Change.New is not null && write.Change.Old is null == inserts)
        from other in history.Writes.Where(write => write.Change.New is not null && write.Change.Old is null == inserts && write.Actor > one.Actor && write.Change.Table == one.Change.Table)
        where Cycles.OfTwo(history).Any(cycle => cycle.Stale.Table == one.Change.Table)
        group (one.Change, other.Change) by one.Change.Table into pairs
        select pairs.First();

    private List<string> EqualColumns(RowChange one, RowChange other)
    {
        var generated = history.Catalog.Tables.TryGetValue(one.Table, out var table) ? table.GeneratedColumns : new HashSet<string>(StringComparer.Ordinal);
        var theirs = RowMatch.Columns(other.New);
        return [.. RowMatch.Columns(one.New).Where(column => !generated.Contains(column.Key) && RowMatch.Same(column.Value, theirs.GetValueOrDefault(column.Key))).Select(column => column.Key)];
    }
}
