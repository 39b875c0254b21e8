using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Http.Problems;

/// <summary>Every problem that the server can answer with.</summary>
/// <param name="Kinds">The shared ones first, then each system's.</param>
internal sealed record ProblemCatalog(IReadOnlyList<ProblemKind> Kinds)
{
    public ProblemKind? Find(string code) => Kinds.FirstOrDefault(kind => kind.Code == code);
}
