namespace Tiebreak.Races.Resetting;

/// <summary>A table of a scratch database.</summary>
/// <param name="Name">Full name, as <c>public.invite</c>.</param>
/// <param name="Columns">In order.</param>
/// <param name="UniqueKeys">The columns of the primary key and of each unique index or exclusion constraint; the whole row's columns where an expression or an exclusion stands in it.</param>
/// <param name="ForeignKeys">To which tables it points, and with which columns.</param>
/// <param name="HasTriggers">Whether it has triggers of the application: what they touch is not known.</param>
/// <param name="GeneratedColumns">Columns filled from a sequence or an identity.</param>
internal sealed record CatalogTable(
    string Name,
    IReadOnlyList<string> Columns,
    IReadOnlyList<IReadOnlyList<string>> UniqueKeys,
    IReadOnlyList<CatalogForeignKey> ForeignKeys,
    bool HasTriggers,
    IReadOnlySet<string> GeneratedColumns);
