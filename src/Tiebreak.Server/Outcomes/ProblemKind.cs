using System.Text.Json.Nodes;

namespace Tiebreak.Server.Outcomes;

/// <summary>A kind of problem that the API can answer with; each has a page at <c>/problems/{code}</c>.</summary>
/// <param name="Code">Stable, lower-case, what a client switches on.</param>
/// <param name="Status">The HTTP status it always comes with.</param>
/// <param name="Title">A short sentence that is the same each time.</param>
/// <param name="Explanation">What it means and what to do, for the page and the OpenAPI document.</param>
public sealed record ProblemKind(string Code, int Status, string Title, string Explanation)
{
    /// <summary>Whether trying again makes sense, so that <c>Retry-After</c> says when: the caller's rate, contention, and a server that cannot work.</summary>
    public bool IsRetryable => Status is 429 or 503;

    /// <summary>The facts that come as members of their own.</summary>
    public IReadOnlyList<ProblemMember> Members { get; init; } = [];
}

/// <summary>A fact that comes with a problem, as a member of its own.</summary>
/// <param name="Name">The member's name.</param>
/// <param name="Description">What it says.</param>
/// <param name="Example">A value; the OpenAPI document has its type from here too.</param>
public sealed record ProblemMember(string Name, string Description, JsonNode Example);
