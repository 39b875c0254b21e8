namespace Tiebreak.Races.Findings;

/// <summary>One way in which the actors break, by its shortest schedule with the fewest switches.</summary>
public sealed record Finding
{
    /// <summary>In which way.</summary>
    public required FindingKind Kind { get; init; }

    /// <summary>What went wrong, by its usual name.</summary>
    public Anomaly Anomaly { get; init; }

    /// <summary>The invariant that broke, or <see langword="null"/>.</summary>
    public string? Invariant { get; init; }

    /// <summary>Replays it: one letter a statement, <c>a</c> for the first actor.</summary>
    public required string Schedule { get; init; }

    /// <summary>The isolation level under which it was found.</summary>
    public System.Data.IsolationLevel Isolation { get; init; } = System.Data.IsolationLevel.ReadCommitted;

    /// <summary>What happened, in order.</summary>
    public IReadOnlyList<TimelineEntry> Timeline { get; init; } = [];

    /// <summary>The positions in <see cref="Timeline"/> of the two statements that matter; empty when none could be named.</summary>
    public IReadOnlyList<int> Culprits { get; init; } = [];

    /// <summary>One sentence for people: what went wrong between which statements.</summary>
    public string Explanation { get; init; } = "";

    /// <summary>Answers and rows, as lines.</summary>
    public IReadOnlyList<string> Outcome { get; init; } = [];

    /// <summary>The order one at a time that comes nearest, for example <c>alice, bob</c>, and in which lines it differs.</summary>
    public NearestSerialOrder? NearestSerial { get; init; }

    /// <summary>Fixes that were tried, each with what came of it.</summary>
    public IReadOnlyList<TriedFix> Fixes { get; init; } = [];
}
