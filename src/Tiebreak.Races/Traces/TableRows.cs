namespace Tiebreak.Races.Traces;

/// <summary>All rows of a table.</summary>
/// <param name="Columns">Their names, in the table's order.</param>
/// <param name="Rows">Each row's values as PostgreSQL prints them; in no order.</param>
internal sealed record TableRows(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string?>> Rows);
