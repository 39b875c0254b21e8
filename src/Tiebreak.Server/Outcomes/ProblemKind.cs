namespace Tiebreak.Server.Outcomes;

/// <summary>A kind of problem that the API can answer with; each has a page at <c>/problems/{code}</c>.</summary>
/// <param name="Code">Stable, lower-case, what a client switches on.</param>
/// <param name="Status">The HTTP status it always comes with.</param>
/// <param name="Title">A short sentence that is the same each time.</param>
/// <param name="Explanation">What it means and what to do, for the page and the OpenAPI document.</param>
public sealed record ProblemKind(string Code, int Status, string Title, string Explanation)
{
    /// <summary>The facts that come as members of their own, with what each says.</summary>
    public IReadOnlyDictionary<string, string> Members { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
