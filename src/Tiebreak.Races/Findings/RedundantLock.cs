namespace Tiebreak.Races.Findings;

/// <summary>A lock without which nothing changes for these actors.</summary>
/// <param name="Actor">Who takes it.</param>
/// <param name="Sql">With which statement.</param>
/// <param name="Schedules">How many orders were run without it.</param>
public sealed record RedundantLock(string Actor, string Sql, int Schedules);
