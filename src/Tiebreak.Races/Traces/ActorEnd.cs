using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races.Traces;

/// <summary>How an actor ended.</summary>
/// <param name="Answer">What its caller is told.</param>
/// <param name="TookEffect">
/// Whether it counts as having run. One that the database made give way (40001, 40P01, 55P03) or that says it is busy,
/// and that committed no write, does not.
/// </param>
/// <param name="Retryable">The SQLSTATE of 40001, 40P01 or 55P03 that ended it, or <see langword="null"/>.</param>
internal sealed record ActorEnd(ActorAnswer Answer, bool TookEffect, string? Retryable = null);
