namespace Tiebreak.Races.Resetting;

/// <summary>A foreign key.</summary>
/// <param name="Columns">In the table that has it.</param>
/// <param name="Parent">Full name of the table that it points to.</param>
/// <param name="ParentColumns">There, in the same order.</param>
internal sealed record CatalogForeignKey(IReadOnlyList<string> Columns, string Parent, IReadOnlyList<string> ParentColumns);
