namespace Tiebreak.Races.Findings;

/// <summary>One event of a timeline.</summary>
/// <param name="Actor">Whose.</param>
/// <param name="Sql">The statement, its parameters written in where known; the answer for <see cref="TimelineEvent.Ended"/>.</param>
/// <param name="Event">What happened.</param>
/// <param name="Result">The command tag or the error; <see langword="null"/> where there is none.</param>
/// <param name="BlockedBy">The actors whose locks it waits for; empty otherwise.</param>
public sealed record TimelineEntry(string Actor, string Sql, TimelineEvent Event, string? Result, IReadOnlyList<string> BlockedBy);
