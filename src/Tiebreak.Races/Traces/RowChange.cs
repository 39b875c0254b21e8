namespace Tiebreak.Races.Traces;

/// <summary>A row that a statement wrote, as a trigger of the scratch database reported it.</summary>
/// <param name="Table">Schema and name, as <c>public.invite</c>.</param>
/// <param name="Old">The row before as JSON; <see langword="null"/> for an insert.</param>
/// <param name="New">The row after as JSON; <see langword="null"/> for a delete.</param>
internal sealed record RowChange(string Table, string? Old, string? New);
