namespace Tiebreak.Races.Findings;

/// <summary>A change that was applied and explored again.</summary>
/// <param name="What">What was changed, so that it can be done in the code.</param>
/// <param name="Verdict">What came of it.</param>
/// <param name="Schedules">How many orders were run with it.</param>
/// <param name="BadSchedules">How many of these still break; the first that does ends the trial.</param>
/// <param name="Exhausted">Whether all relevant orders were run with it.</param>
/// <param name="BlockedSteps">What it costs: the share of statements that had to wait, from 0 to 1.</param>
public sealed record TriedFix(string What, Verdict Verdict, int Schedules, int BadSchedules, bool Exhausted, double BlockedSteps)
{
    /// <summary>Why nothing can be said of it, where it is <see cref="Verdict.Unknown"/>.</summary>
    public string? Reason { get; init; }
}
