namespace Tiebreak.Races.Oracles;

/// <summary>What is done with the values of a leaf that differ between two equal runs.</summary>
internal abstract record LeafRule
{
    /// <summary>It is an id of a domain: it gets that id's name.</summary>
    public sealed record Id(string Domain) : LeafRule;

    /// <summary>It is one of a domain's ids, which stand elsewhere.</summary>
    public sealed record Reference(string Domain) : LeafRule;

    /// <summary>A text in which ids stand as words.</summary>
    public sealed record Words : LeafRule;

    /// <summary>A time or something else that says nothing.</summary>
    public sealed record Hidden : LeafRule;
}
