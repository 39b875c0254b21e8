namespace Tiebreak.Races.Scheduling.Dependencies;

/// <summary>What a step touches of what others may touch.</summary>
internal sealed record Footprint
{
    public static readonly Footprint Nothing = new();

    /// <summary>Whether what it touches is not known: it then depends on whatever touches anything.</summary>
    public bool IsEverything { get; init; }

    /// <summary>What it reads as others have committed it.</summary>
    public IReadOnlyList<RowSet> Reads { get; init; } = [];

    /// <summary>What it locks, or tried to.</summary>
    public IReadOnlyList<RowSet> Locks { get; init; } = [];

    public IReadOnlyList<RowWrite> Writes { get; init; } = [];

    /// <summary>Those of its writes whose rows its transaction did not hold before: the others can neither wait nor make wait.</summary>
    public IReadOnlyList<RowWrite> NewlyHeld { get; init; } = [];

    /// <summary>Advisory locks and sequences.</summary>
    public IReadOnlyList<NamedKey> Keys { get; init; } = [];

    /// <summary>Whether it fixes what its transaction sees: then every commit that wrote counts.</summary>
    public bool TakesSnapshot { get; init; }

    /// <summary>Whether its transaction is SERIALIZABLE.</summary>
    public bool IsSerializable { get; init; }

    /// <summary>What a SERIALIZABLE transaction reads, whatever its snapshot shows.</summary>
    public IReadOnlyList<RowSet> TrackedReads { get; init; } = [];

    /// <summary>Whether a transaction ends with it, and what it did becomes visible.</summary>
    public bool Commits { get; init; }

    /// <summary>Whether the database decided here that a SERIALIZABLE transaction may be kept, or has to give way.</summary>
    public bool IsJudged { get; init; }

    /// <summary>The steps of the transaction whose locks end with it.</summary>
    public IReadOnlyList<Footprint> Ended { get; init; } = [];

    public bool IsNothing =>
        !IsEverything && !TakesSnapshot && Reads.Count == 0 && Locks.Count == 0 && Writes.Count == 0 && Keys.Count == 0 && TrackedReads.Count == 0
        && Ended.All(step => step.IsNothing);
}
