namespace Tiebreak.Races.Oracles;

/// <summary>Which texts of two equal runs are the same ones: those that have most in common.</summary>
internal static class TextPairs
{
    public static IEnumerable<(string First, string Second)> Of(IReadOnlyList<string> first, IReadOnlyList<string> second)
    {
        if (first.Count == 1 && second.Count == 1)
        {
            yield return (first[0], second[0]);
            yield break;
        }

        var left = second.Select(text => (Text: text, Tokens: TextTokens.Of(text))).ToList();
        foreach (var text in first)
        {
            if (left.Count == 0)
            {
                yield break;
            }

            var tokens = TextTokens.Of(text);
            var nearest = left.MaxBy(other => (IsAlike: TextTokens.Signature(tokens) == TextTokens.Signature(other.Tokens), Equal: tokens.Zip(other.Tokens).Count(pair => pair.First.Text == pair.Second.Text)));
            left.Remove(nearest);
            yield return (text, nearest.Text);
        }
    }
}
