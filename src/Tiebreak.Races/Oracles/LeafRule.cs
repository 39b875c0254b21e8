namespace Tiebreak.Races.Oracles;

/// <summary>What is done with the values of a leaf that differ between two equal runs.</summary>
internal abstract record LeafRule
{
    /// <summary>It is an id of a domain: it gets that id's name.</summary>
    public sealed record Id(string Domain) : LeafRule;

    /// <summary>It is one of a domain's ids, which stand elsewhere.</summary>
    public sealed record Reference(string Domain) : LeafRule;

    /// <summary>A text of which some pieces change.</summary>
    public sealed record Text(TextPattern Pattern) : LeafRule;

    /// <summary>It was said not to count.</summary>
    public sealed record Ignored : LeafRule;
}
