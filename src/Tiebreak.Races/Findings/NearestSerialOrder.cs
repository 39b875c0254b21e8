namespace Tiebreak.Races.Findings;

/// <summary>The order one at a time that comes nearest to what happened.</summary>
/// <param name="Order">The actors' names in that order.</param>
/// <param name="Differences">In what the outcomes differ, a line each: what that order gives, what happened.</param>
public sealed record NearestSerialOrder(IReadOnlyList<string> Order, IReadOnlyList<string> Differences);
