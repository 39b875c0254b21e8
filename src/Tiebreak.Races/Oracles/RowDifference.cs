using Tiebreak.Races.Resetting;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Oracles;

/// <summary>Tables as multisets of rows.</summary>
internal static class RowDifference
{
    /// <summary>Leaves out the columns that do not count, named <c>table.column</c> with or without the schema.</summary>
    public static TableRows WithoutIgnored(string table, TableRows rows, IReadOnlySet<string> ignored)
    {
        if (ignored.Count == 0)
        {
            return rows;
        }

        var kept = Enumerable.Range(0, rows.Columns.Count).Where(i => !IsIgnored(table, rows.Columns[i], ignored)).ToList();
        return kept.Count == rows.Columns.Count
            ? rows
            : new TableRows([.. kept.Select(i => rows.Columns[i])], [.. rows.Rows.Select(row => (IReadOnlyList<string?>)[.. kept.Select(i => row[i])])]);
    }

    /// <summary>The rows of one, each taken away that the other has too.</summary>
    public static IReadOnlyList<IReadOnlyList<string?>> Without(TableRows rows, TableRows? others)
    {
        if (others is null || others.Rows.Count == 0)
        {
            return rows.Rows;
        }

        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in others.Rows)
        {
            var text = Text(row);
            counts[text] = counts.GetValueOrDefault(text) + 1;
        }

        var left = new List<IReadOnlyList<string?>>();
        foreach (var row in rows.Rows)
        {
            var text = Text(row);
            if (counts.TryGetValue(text, out var count) && count > 0)
            {
                counts[text] = count - 1;
            }
            else
            {
                left.Add(row);
            }
        }

        return left;
    }

    /// <summary>Where the columns of a table's first key stand; none without a key, or where the key is the whole row.</summary>
    public static IReadOnlyList<int> KeyPositions(CatalogTable table, TableRows rows)
    {
        var key = table.UniqueKeys is [var first, ..] ? first : null;
        var columns = rows.Columns.ToList();
        return key is null || key.Count == columns.Count || !key.All(columns.Contains) ? [] : [.. key.Select(column => columns.IndexOf(column))];
    }

    public static string KeyOf(IReadOnlyList<string?> row, IReadOnlyList<int> key) => Text([.. key.Select(position => row[position])]);

    private static bool IsIgnored(string table, string column, IReadOnlySet<string> ignored)
    {
        var full = $"{table}.{column}".ToLowerInvariant();
        return ignored.Contains(full) || ignored.Contains(full[(full.IndexOf('.', StringComparison.Ordinal) + 1)..]);
    }

    private static string Text(IReadOnlyList<string?> row) =>
        string.Join('\u0001', row.Select(value => value is null ? "\u0002" : value));
}
