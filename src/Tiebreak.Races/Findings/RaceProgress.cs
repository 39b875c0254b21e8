namespace Tiebreak.Races.Findings;

/// <summary>How far an exploration is.</summary>
/// <param name="Phase">What it does now, in a few words.</param>
/// <param name="Schedules">Orders run so far.</param>
/// <param name="BadSchedules">Those of them that break it.</param>
/// <param name="Elapsed">Since the start.</param>
public sealed record RaceProgress(string Phase, int Schedules, int BadSchedules, TimeSpan Elapsed);
