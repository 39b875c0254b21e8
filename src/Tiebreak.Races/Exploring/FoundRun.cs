using Tiebreak.Races.Oracles;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Exploring;

/// <summary>A run that breaks the actors, and how.</summary>
internal sealed record FoundRun(Run Run, Judgement Judgement);
