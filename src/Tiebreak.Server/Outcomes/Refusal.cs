namespace Tiebreak.Server.Outcomes;

/// <summary>
/// A rule's "no": final until something changes, and a value, not an error. Its kind is one of a system's published
/// refusals; the facts are what a client needs to act on it.
/// </summary>
/// <param name="Kind">Which refusal it is.</param>
/// <param name="Facts">Members of the problem document beside the standard ones, such as <c>available</c>.</param>
internal sealed record Refusal(ProblemKind Kind, params (string Name, object? Value)[] Facts);
