namespace Tiebreak.Races.Traces;

/// <summary>What happened in a run.</summary>
/// <param name="Schedule">Replays it.</param>
/// <param name="Steps">In the order in which they were let go; one for each letter.</param>
/// <param name="Ready">For each letter the actors that could have gone, ascending.</param>
internal sealed record Trace(Schedule Schedule, IReadOnlyList<Step> Steps, IReadOnlyList<IReadOnlyList<int>> Ready);
