using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Explaining;

/// <summary>What went wrong in a run.</summary>
/// <param name="Anomaly">Its usual name.</param>
/// <param name="Culprits">Positions in the trace of the two statements that matter; empty when none could be named.</param>
/// <param name="Explanation">A sentence for people.</param>
internal sealed record NamedAnomaly(Anomaly Anomaly, IReadOnlyList<int> Culprits, string Explanation);
