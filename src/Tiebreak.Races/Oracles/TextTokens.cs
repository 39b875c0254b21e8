using System.Text.RegularExpressions;

namespace Tiebreak.Races.Oracles;

/// <summary>Cuts a text into the pieces that may change as a whole.</summary>
internal static partial class TextTokens
{
    private const char Any = '\u0001';

    public static IReadOnlyList<TextToken> Of(string text)
    {
        var tokens = new List<TextToken>();
        var position = 0;
        foreach (Match match in Piece().Matches(text))
        {
            AddSeparators(tokens, text, position, match.Index);
            tokens.Add(new TextToken(match.Value, KindOf(match)));
            position = match.Index + match.Length;
        }

        AddSeparators(tokens, text, position, text.Length);
        return tokens;
    }

    /// <summary>What stands between the pieces: two texts in which it is equal are built alike.</summary>
    public static string Signature(IReadOnlyList<TextToken> tokens) =>
        string.Concat(tokens.Select(token => token.Kind is TextTokenKind.Separator ? token.Text : Any.ToString()));

    private static void AddSeparators(List<TextToken> tokens, string text, int from, int to)
    {
        for (var at = from; at < to; at++)
        {
            tokens.Add(new TextToken(text[at].ToString(), TextTokenKind.Separator));
        }
    }

    private static TextTokenKind KindOf(Match match) =>
        match.Groups["uuid"].Success ? TextTokenKind.Uuid
        : match.Groups["time"].Success ? TextTokenKind.Time
        : match.Groups["number"].Success ? TextTokenKind.Number
        : match.Groups["random"].Success ? TextTokenKind.Token
        : match.Value.Any(char.IsDigit) ? TextTokenKind.Token : TextTokenKind.Word;

    [GeneratedRegex(
        """
        (?<uuid>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})
        | (?<time>\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?(?![0-9A-Za-z])
          | (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?[ ]\d{1,2}[ ][A-Z][a-z]{2}[a-z]*[ ]\d{4}[ ]\d{1,2}:\d{2}(?::\d{2})?(?:[ ]GMT)?
          | (?<![\d:.])\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?![\d:]))
        | (?<random>(?=[a-z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[a-z])(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,}={0,2}|[0-9a-f]{32,})
        | (?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\p{L}\d]))
        | [\p{L}\p{N}]+
        """,
        RegexOptions.IgnorePatternWhitespace,
        matchTimeoutMilliseconds: 2000)]
    private static partial Regex Piece();
}
