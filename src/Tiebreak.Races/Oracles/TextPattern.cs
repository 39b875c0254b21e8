namespace Tiebreak.Races.Oracles;

/// <summary>
/// Which pieces of the texts at one place say nothing, learnt from pairs of texts that should be equal. Texts that are built
/// alike are compared piece by piece; what is left of texts that are not is what both have in common.
/// </summary>
internal sealed class TextPattern
{
    private readonly Dictionary<string, TextPlace?[]> _places = new(StringComparer.Ordinal);
    private readonly List<TextTemplate> _templates = [];

    /// <summary>Takes in a pair.</summary>
    /// <param name="first">A text of the first run.</param>
    /// <param name="second">What stands there in the second.</param>
    /// <param name="domainOf">The domains in which both of two words are ids that their runs have made.</param>
    public void Learn(string first, string second, Func<string, string, IReadOnlyList<string>> domainOf)
    {
        var (one, other) = (TextTokens.Of(first), TextTokens.Of(second));
        if (TextTokens.Signature(one) is var signature && signature != TextTokens.Signature(other))
        {
            _templates.Add(TextTemplate.Of(one, other));
            return;
        }

        var places = _places.TryGetValue(signature, out var known) ? known : _places[signature] = new TextPlace?[one.Count];
        for (var at = 0; at < one.Count; at++)
        {
            if (one[at].Text != other[at].Text)
            {
                (places[at] ??= new TextPlace()).Varies(one[at], other[at], domainOf(one[at].Text, other[at].Text));
            }
        }

        // Where a piece changes in some pair, those that happened to be equal in another one are remembered.
        for (var at = 0; at < one.Count; at++)
        {
            places[at]?.Saw(one[at]);
        }
    }

    /// <summary>The text with what says nothing left out.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isId">Whether a word is an id of a domain that does not stand in the starting rows.</param>
    public IReadOnlyList<RecordPart> Write(string text, Func<string, string, bool> isId)
    {
        var tokens = TextTokens.Of(text);
        if (_places.TryGetValue(TextTokens.Signature(tokens), out var places) && Array.Exists(places, place => place is not null))
        {
            return [.. tokens.Select((token, at) => places[at] is { } place ? place.Write(token, isId) : new RecordPart(token.Text))];
        }

        return _templates.Select(template => template.Match(text)).FirstOrDefault(parts => parts is not null) ?? [new RecordPart(text)];
    }
}
