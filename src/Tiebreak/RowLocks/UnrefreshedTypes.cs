using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.RowLocks;

/// <summary>
/// The entities that a tracking query returns and that no refresh reaches. As long as the context tracks none of them
/// yet they are read fresh; if it does, the query is refused at execution rather than handing out an old copy.
/// </summary>
internal sealed class UnrefreshedTypes : ExpressionVisitor
{
    private readonly HashSet<IEntityType> _found = [];

    public static IReadOnlyList<IEntityType> In(Expression shaper, IReadOnlyCollection<IEntityType> refreshed)
    {
        var search = new UnrefreshedTypes();
        search.Visit(shaper);
        search._found.RemoveWhere(type => refreshed.Any(covered => Reaches(covered, type)));
        return [.. search._found, .. refreshed.Where(type => RefreshPlan.For(type).Unreachable is not null)];
    }

    protected override Expression VisitExtension(Expression node)
    {
        if (node is StructuralTypeShaperExpression { StructuralType: IEntityType entity })
        {
            _found.Add(entity);
            return node;
        }

        return node is TableExpressionBase or SqlExpression ? node : base.VisitExtension(node);
    }

    private static bool Reaches(IEntityType covered, IEntityType type) =>
        covered == type
        || covered.IsAssignableFrom(type)
        || RefreshPlan.For(covered).Parts.Any(part => part.OwnedPath.Count > 0 && part.OwnedPath[^1].TargetEntityType == type);
}
