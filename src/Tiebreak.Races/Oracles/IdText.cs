using System.Text.RegularExpressions;

namespace Tiebreak.Races.Oracles;

/// <summary>What a text looks like.</summary>
internal static partial class IdText
{
    public static bool IsUuid(string text) => Guid.TryParseExact(text, "D", out _) || Guid.TryParseExact(text, "N", out _);

    /// <summary>Whether it may be an id that somebody generated: a number or a UUID.</summary>
    public static bool LooksGenerated(string text) => IsUuid(text) || (text.Length > 0 && text.All(char.IsAsciiDigit));

    public static bool LooksLikeTime(string text) => Date().IsMatch(text);

    /// <summary>The text cut into UUIDs, words and what stands between them; together they are the text.</summary>
    public static IEnumerable<string> Words(string text)
    {
        var position = 0;
        foreach (Match match in Word().Matches(text))
        {
            if (match.Index > position)
            {
                yield return text[position..match.Index];
            }

            yield return match.Value;
            position = match.Index + match.Length;
        }

        if (position < text.Length)
        {
            yield return text[position..];
        }
    }

    [GeneratedRegex(@"\d{4}-\d{2}-\d{2}(?![0-9a-f-])|^\d{2}:\d{2}:\d{2}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Date();

    [GeneratedRegex("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[A-Za-z0-9]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
