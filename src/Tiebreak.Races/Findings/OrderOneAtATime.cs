namespace Tiebreak.Races.Findings;

/// <summary>An order one at a time and what the actors' callers are told in it: what every other order is measured by.</summary>
/// <param name="Order">The actors' names in that order.</param>
/// <param name="Answers">Their answers as JSON, in that order.</param>
public sealed record OrderOneAtATime(IReadOnlyList<string> Order, IReadOnlyList<string> Answers);
