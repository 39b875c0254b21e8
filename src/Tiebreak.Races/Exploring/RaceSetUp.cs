using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races.Exploring;

/// <summary>A race as it was declared.</summary>
/// <param name="Server">The connection string of a server, or <see langword="null"/> for the private one.</param>
/// <param name="Scenario">Who does what.</param>
/// <param name="Options">How it is explored.</param>
internal sealed record RaceSetUp(string? Server, Scenario Scenario, ExplorationOptions Options);
