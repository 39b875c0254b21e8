using System.Globalization;
using System.Text.Json;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Explaining;

/// <summary>Compares rows as the scratch database's triggers report them.</summary>
internal static class RowMatch
{
    /// <summary>The row's columns as text; a column that is NULL is <see langword="null"/>.</summary>
    public static IReadOnlyDictionary<string, string?> Columns(string? json)
    {
        var columns = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (json is null)
        {
            return columns;
        }

        using var row = JsonDocument.Parse(json);
        foreach (var column in row.RootElement.EnumerateObject())
        {
            columns[column.Name] = column.Value.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.String => column.Value.GetString(),
                _ => column.Value.GetRawText(),
            };
        }

        return columns;
    }

    /// <summary>Whether a statement that reads the change's table looks at this row, before or after the change.</summary>
    public static bool Covers(SqlReading reading, RowChange change) => Matches(reading, change.Old) || Matches(reading, change.New);

    /// <summary>Whether two changes of one table are of the same row.</summary>
    public static bool IsSameRow(RowChange one, RowChange other, Catalog catalog)
    {
        if (one.Table != other.Table)
        {
            return false;
        }

        var (mine, theirs) = (Columns(one.New ?? one.Old), Columns(other.New ?? other.Old));
        var keys = catalog.Tables.TryGetValue(one.Table, out var table) ? table.UniqueKeys : [];
        return keys.Count > 0
            ? keys.Any(key => key.All(column => Same(mine.GetValueOrDefault(column), theirs.GetValueOrDefault(column))))
            : one.New == other.Old || one.Old == other.New;
    }

    /// <summary>The columns whose values a change put in place of others.</summary>
    public static IReadOnlySet<string> Changed(RowChange change)
    {
        var (old, now) = (Columns(change.Old), Columns(change.New));
        return now.Where(column => !old.TryGetValue(column.Key, out var before) || before != column.Value).Select(column => column.Key).ToHashSet(StringComparer.Ordinal);
    }

    public static bool Same(string? one, string? other) => one is not null && other is not null && (one == other
        || (decimal.TryParse(one, NumberStyles.Number, CultureInfo.InvariantCulture, out var left)
            && decimal.TryParse(other, NumberStyles.Number, CultureInfo.InvariantCulture, out var right) && left == right));

    private static bool Matches(SqlReading reading, string? json)
    {
        if (json is null)
        {
            return false;
        }

        var row = Columns(json);
        return reading.Equalities.All(wanted => !row.TryGetValue(wanted.Key, out var value) || Same(value, wanted.Value));
    }
}
