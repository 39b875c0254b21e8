using System.Text.RegularExpressions;

namespace Tiebreak.Races.Oracles;

/// <summary>What a text looks like.</summary>
internal static partial class IdText
{
    public static bool IsUuid(string text) => Guid.TryParseExact(text, "D", out _) || Guid.TryParseExact(text, "N", out _);

    /// <summary>Whether it may be an id that somebody generated: a number or a UUID.</summary>
    public static bool LooksGenerated(string text) => IsUuid(text) || (text.Length > 0 && text.All(char.IsAsciiDigit));

    public static bool LooksLikeTime(string text) => Date().IsMatch(text);

    [GeneratedRegex(@"\d{4}-\d{2}-\d{2}(?![0-9a-f-])|^\d{2}:\d{2}:\d{2}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Date();
}
