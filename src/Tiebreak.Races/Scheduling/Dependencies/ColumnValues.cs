using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tiebreak.Races.Scheduling.Dependencies;

/// <summary>
/// Whether two values of a column are certainly different. A column's type is not known here: only what differs in
/// every type that it could be counts.
/// </summary>
internal static partial class ColumnValues
{
    /// <summary>The rows that a trigger reported: column to value; NULL as <see langword="null"/>.</summary>
    public static IReadOnlyDictionary<string, string?>? Read(string? json)
    {
        if (json is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateObject().ToDictionary(
            property => property.Name,
            property => property.Value.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.String => property.Value.GetString(),
                _ => property.Value.GetRawText(),
            },
            StringComparer.Ordinal);
    }

    public static bool AreDifferent(string one, string other)
    {
        if (string.Equals(one, other, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        if (Number(one) is { } number && Number(other) is { } otherNumber)
        {
            return number != otherNumber;
        }

        if (Boolean(one) is { } truth && Boolean(other) is { } otherTruth)
        {
            return truth != otherTruth;
        }

        // Dates, intervals, addresses and ranges have several texts for one value; words and UUIDs do not, but for the
        // blanks at the end of a char(n).
        return (IsPlain().IsMatch(one) && IsPlain().IsMatch(other) && !string.Equals(one.TrimEnd(), other.TrimEnd(), StringComparison.OrdinalIgnoreCase))
            || (Guid.TryParse(one, out var guid) && Guid.TryParse(other, out var otherGuid) && guid != otherGuid);
    }

    private static decimal? Number(string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool? Boolean(string text) => text.ToLowerInvariant() switch
    {
        "t" or "true" => true,
        "f" or "false" => false,
        _ => null,
    };

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_ .@-]*$", RegexOptions.None, 1_000)]
    private static partial Regex IsPlain();
}
