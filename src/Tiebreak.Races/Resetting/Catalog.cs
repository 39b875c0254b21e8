namespace Tiebreak.Races.Resetting;

/// <summary>What is known of the tables of a scratch database.</summary>
/// <param name="Tables">By full name, as <c>public.invite</c>.</param>
/// <param name="Views">Full name of each view to the full names of the tables that it reads.</param>
/// <param name="Functions">Names (without schema) of functions and procedures that are not PostgreSQL's own: what they touch is not known.</param>
internal sealed record Catalog(
    IReadOnlyDictionary<string, CatalogTable> Tables,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Views,
    IReadOnlySet<string> Functions);
