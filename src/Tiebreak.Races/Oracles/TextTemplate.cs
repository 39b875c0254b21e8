using System.Text;
using System.Text.RegularExpressions;

namespace Tiebreak.Races.Oracles;

/// <summary>What two texts that are built differently have in common, and what may stand in its gaps.</summary>
internal sealed class TextTemplate
{
    // Above this many comparisons only beginning and end are compared.
    private const int MostComparisons = 4_000_000;
    private const string InTokens = "A-Za-z0-9_+/=.~-";

    private readonly Regex _regex;
    private readonly IReadOnlyList<string> _literals;

    private TextTemplate(IReadOnlyList<string> literals, IReadOnlyList<string> gaps)
    {
        var pattern = new StringBuilder("^");
        for (var i = 0; i < literals.Count; i++)
        {
            pattern.Append(Regex.Escape(literals[i])).Append(i < gaps.Count ? $"({gaps[i]})" : "");
        }

        _literals = literals;
        _regex = new Regex(pattern.Append('$').ToString(), RegexOptions.Singleline | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(2));
    }

    public static TextTemplate Of(IReadOnlyList<TextToken> one, IReadOnlyList<TextToken> other)
    {
        var (literals, gaps) = (new List<string>(), new List<(string One, string Other)>());
        var literal = new StringBuilder();
        var (from, to) = (0, 0);
        foreach (var (left, right) in Common(one, other).Append((one.Count, other.Count)))
        {
            var gap = (One: Text(one, from, left), Other: Text(other, to, right));
            if (gap.One.Length + gap.Other.Length > 0)
            {
                // What stands between two gaps by chance, as a slash in something drawn at random, is one of them.
                if (gaps.Count > 0 && literals.Count == gaps.Count && literal.Length > 0 && literal.ToString().All(letter => "_+/=.~-:".Contains(letter, StringComparison.Ordinal)))
                {
                    gaps[^1] = (gaps[^1].One + literal + gap.One, gaps[^1].Other + literal + gap.Other);
                }
                else
                {
                    literals.Add(literal.ToString());
                    gaps.Add(gap);
                }

                literal.Clear();
            }

            if (left < one.Count)
            {
                literal.Append(one[left].Text);
            }

            (from, to) = (left + 1, right + 1);
        }

        literals.Add(literal.ToString());
        return new TextTemplate(literals, [.. gaps.Select(Class)]);
    }

    /// <summary>The text's parts, or <see langword="null"/> when it is not built like this.</summary>
    public IReadOnlyList<RecordPart>? Match(string text)
    {
        var match = _regex.Match(text);
        if (!match.Success)
        {
            return null;
        }

        var parts = new List<RecordPart>();
        for (var i = 0; i < _literals.Count; i++)
        {
            parts.Add(new RecordPart(_literals[i]));
            if (i + 1 < match.Groups.Count)
            {
                var gap = match.Groups[i + 1].Value;
                var isRandom = gap.Length >= 8 && gap.Any(char.IsLetter) && gap.All(letter => char.IsLetterOrDigit(letter) || "_+/=.~-".Contains(letter, StringComparison.Ordinal));
                parts.Add(isRandom ? new RecordPart("", new GeneratedId(TextPlace.Random, gap)) : new RecordPart(TextPlace.HiddenText));
            }
        }

        return parts;
    }

    // The longest sequence of equal pieces, as their places in both.
    private static IEnumerable<(int Left, int Right)> Common(IReadOnlyList<TextToken> one, IReadOnlyList<TextToken> other)
    {
        var (head, tail) = (0, 0);
        while (head < Math.Min(one.Count, other.Count) && one[head].Text == other[head].Text)
        {
            head++;
        }

        while (tail < Math.Min(one.Count, other.Count) - head && one[^(tail + 1)].Text == other[^(tail + 1)].Text)
        {
            tail++;
        }

        var (rows, columns) = (one.Count - head - tail, other.Count - head - tail);
        var middle = (long)rows * columns <= MostComparisons ? Longest(one, other, head, rows, columns) : [];
        return Enumerable.Range(0, head).Select(at => (at, at))
            .Concat(middle)
            .Concat(Enumerable.Range(0, tail).Select(at => (one.Count - tail + at, other.Count - tail + at)));
    }

    private static List<(int, int)> Longest(IReadOnlyList<TextToken> one, IReadOnlyList<TextToken> other, int head, int rows, int columns)
    {
        var length = new int[rows + 1, columns + 1];
        for (var row = rows - 1; row >= 0; row--)
        {
            for (var column = columns - 1; column >= 0; column--)
            {
                length[row, column] = one[head + row].Text == other[head + column].Text
                    ? length[row + 1, column + 1] + 1
                    : Math.Max(length[row + 1, column], length[row, column + 1]);
            }
        }

        var pairs = new List<(int, int)>();
        for (int row = 0, column = 0; row < rows && column < columns;)
        {
            if (one[head + row].Text == other[head + column].Text)
            {
                pairs.Add((head + row++, head + column++));
            }
            else if (length[row + 1, column] >= length[row, column + 1])
            {
                row++;
            }
            else
            {
                column++;
            }
        }

        return pairs;
    }

    private static string Text(IReadOnlyList<TextToken> tokens, int from, int to) => string.Concat(tokens.Skip(from).Take(to - from).Select(token => token.Text));

    // What may stand in a gap: characters like those that were seen there, and not much more of them.
    private static string Class((string One, string Other) gap)
    {
        var seen = gap.One + gap.Other;
        var letters = seen.Any(char.IsLetter) && seen.Any(char.IsDigit) && !seen.Any(char.IsWhiteSpace)
            ? InTokens
            : (seen.Any(char.IsLetter) ? @"\p{L}" : "") + (seen.Any(char.IsDigit) ? @"\d" : "")
              + string.Concat(seen.Where(letter => !char.IsLetterOrDigit(letter)).Distinct().Order().Select(letter => @"\u" + ((int)letter).ToString("x4", System.Globalization.CultureInfo.InvariantCulture)));
        var others = string.Concat(seen.Where(letter => !char.IsLetterOrDigit(letter) && letters == InTokens && !InTokens.Contains(letter, StringComparison.Ordinal)).Distinct().Select(letter => @"\u" + ((int)letter).ToString("x4", System.Globalization.CultureInfo.InvariantCulture)));
        return $"[{others}{letters}]{{{Math.Min(gap.One.Length, gap.Other.Length) / 2},{(Math.Max(gap.One.Length, gap.Other.Length) * 2) + 2}}}";
    }
}
