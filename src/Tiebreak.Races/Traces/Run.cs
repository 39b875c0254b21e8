namespace Tiebreak.Races.Traces;

/// <summary>One run of all actors.</summary>
/// <param name="End">Whether it says anything.</param>
/// <param name="Trace">What happened.</param>
/// <param name="Outcome">What it led to; <see langword="null"/> unless it completed.</param>
/// <param name="Reason">Why nothing can be said; <see langword="null"/> unless <see cref="RunEnd.Unknown"/>.</param>
/// <param name="DeadlockCycle">The actors that waited for one another, in order; <see langword="null"/> when no deadlock happened.</param>
internal sealed record Run(RunEnd End, Trace Trace, Outcome? Outcome, string? Reason = null, IReadOnlyList<int>? DeadlockCycle = null);
