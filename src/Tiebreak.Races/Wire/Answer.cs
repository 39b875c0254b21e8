namespace Tiebreak.Races.Wire;

/// <summary>What completes when the server has answered.</summary>
internal readonly record struct Answer(Task Done);
