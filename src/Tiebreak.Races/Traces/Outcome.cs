namespace Tiebreak.Races.Traces;

/// <summary>What a run led to: every actor's answer and the final rows.</summary>
/// <param name="Ends">By actor.</param>
/// <param name="Tables">By name, as <c>public.invite</c>: those that any run has written so far.</param>
/// <param name="BrokenInvariants">The names of those that do not hold.</param>
internal sealed record Outcome(
    IReadOnlyList<ActorEnd> Ends,
    IReadOnlyDictionary<string, TableRows> Tables,
    IReadOnlyList<string> BrokenInvariants);
