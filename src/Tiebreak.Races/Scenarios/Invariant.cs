namespace Tiebreak.Races.Scenarios;

/// <summary>What must be true of the rows after each run.</summary>
/// <param name="Name">As the report says it.</param>
/// <param name="Sql">A query of one boolean.</param>
internal sealed record Invariant(string Name, string Sql);
