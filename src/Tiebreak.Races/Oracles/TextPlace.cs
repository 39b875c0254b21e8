namespace Tiebreak.Races.Oracles;

/// <summary>A piece of a text that differs between equal runs.</summary>
internal sealed class TextPlace
{
    /// <summary>The domain of ids drawn at random that stand in no table.</summary>
    public const string Random = "random";

    /// <summary>What stands for something that says nothing.</summary>
    public const string HiddenText = "*";

    private readonly HashSet<TextTokenKind> _kinds = [];
    private readonly HashSet<int> _lengths = [];
    private readonly HashSet<string> _stable = new(StringComparer.Ordinal);
    private HashSet<string>? _domains;

    public void Varies(TextToken first, TextToken second, IReadOnlyList<string> domains)
    {
        foreach (var token in new[] { first, second })
        {
            _kinds.Add(token.Kind);
            _lengths.Add(token.Text.Length);
        }

        _domains = [.. _domains is null ? domains : _domains.Intersect(domains, StringComparer.Ordinal)];
    }

    public void Saw(TextToken token) => _stable.Add(token.Text);

    /// <summary>What is written for a piece: an id's name, a star, or the piece itself where it is of another kind than all that changed here.</summary>
    public RecordPart Write(TextToken token, Func<string, string, bool> isId)
    {
        if (_domains is { Count: > 0 } domains)
        {
            var domain = domains.Order(StringComparer.Ordinal).First();
            return isId(domain, token.Text) || (!_stable.Contains(token.Text) && IdText.LooksGenerated(token.Text))
                ? new RecordPart("", new GeneratedId(domain, token.Text))
                : new RecordPart(token.Text);
        }

        if (!IsOfItsKind(token))
        {
            return new RecordPart(token.Text);
        }

        // Equal ones are the same one: that two were given the same is not hidden with it.
        return _kinds.Contains(TextTokenKind.Uuid) || (_kinds.Contains(TextTokenKind.Token) && _lengths.Min() >= 8)
            ? new RecordPart("", new GeneratedId(Random, token.Text))
            : new RecordPart(HiddenText);
    }

    // Of letters and digits drawn at random some have no letter, or no digit.
    private bool IsOfItsKind(TextToken token) => _kinds.Contains(token.Kind)
        || (_kinds.Contains(TextTokenKind.Token) && token.Kind is TextTokenKind.Number or TextTokenKind.Word && _lengths.Contains(token.Text.Length));
}
