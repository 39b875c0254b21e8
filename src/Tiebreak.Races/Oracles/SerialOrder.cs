namespace Tiebreak.Races.Oracles;

/// <summary>An order one at a time and what it leads to.</summary>
/// <param name="Order">The actors, from 0, those that did not run left out.</param>
/// <param name="Outcome">What it leads to.</param>
/// <param name="BrokenInvariants">Those that it breaks.</param>
internal sealed record SerialOrder(IReadOnlyList<int> Order, CanonicalOutcome Outcome, IReadOnlyList<string> BrokenInvariants);
