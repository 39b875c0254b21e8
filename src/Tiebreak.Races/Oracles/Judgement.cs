using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Oracles;

/// <summary>What is to be said of a run.</summary>
internal sealed record Judgement
{
    /// <summary>In which way it breaks; <see langword="null"/> when it is as good as some order one at a time.</summary>
    public FindingKind? Kind { get; init; }

    /// <summary>What it led to.</summary>
    public required CanonicalOutcome Outcome { get; init; }

    /// <summary>The order one at a time that comes nearest, and the lines in which it differs; <see langword="null"/> for a deadlock.</summary>
    public NearestSerialOrder? Nearest { get; init; }

    /// <summary>The invariant that broke, or <see langword="null"/>.</summary>
    public string? Invariant { get; init; }

    /// <summary>The actors that waited for one another, in order; empty without a deadlock.</summary>
    public IReadOnlyList<int> DeadlockCycle { get; init; } = [];

    /// <summary>Who gave the error, or <see langword="null"/>.</summary>
    public int? ErrorActor { get; init; }

    /// <summary>The SQLSTATE behind the error, where known.</summary>
    public string? SqlState { get; init; }

    /// <summary>The error's text.</summary>
    public string? Error { get; init; }

    /// <summary>
    /// Actors without which the outcome would equal an order of the others: what they did had no effect, and their answer is
    /// one that no order gives. An answer that means "try again" should be declared as busy.
    /// </summary>
    public IReadOnlyList<int> WouldHoldWithout { get; init; } = [];

    /// <summary>Who was told another refusal than one at a time: what was said, and what would have been.</summary>
    public (int Actor, string Told, string Otherwise)? Refused { get; init; }

    /// <summary>Whether it breaks nothing.</summary>
    public bool Holds => Kind is null;
}
