using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.RowLocks;

/// <summary>
/// The entities that a tracking query makes from its rows and that no refresh reaches. As long as the context tracks
/// none of them yet they are read fresh; if it does, the query is refused at execution rather than handing out an old
/// copy. It looks at the finished result, so whatever the rewriting of the query missed is found here.
/// </summary>
internal sealed class UnrefreshedTypes : ExpressionVisitor
{
    private readonly HashSet<IEntityType> _found = [];
    private readonly HashSet<IEntityType> _children = [];

    private readonly HashSet<INavigationBase> _locked = [];

    /// <param name="shaper">What makes the result from the rows.</param>
    /// <param name="locked">The navigations whose rows are locked too, and refreshed beside the entity.</param>
    public static IReadOnlyList<IEntityType> In(Expression shaper, IEnumerable<INavigationBase> locked)
    {
        var search = new UnrefreshedTypes();
        search._locked.UnionWith(locked);
        search.Visit(shaper);

        // A row that is all key (what joins many to many) cannot grow old.
        search._found.RemoveWhere(type => RefreshPlan.For(type) is { Unreachable: null } plan && plan.Parts.All(part => part.Slots.Count == 0));

        // As a child it can still be gone, and a tracked one would stay in the collection.
        return [.. search._found.Union(search._children)];
    }

    protected override Expression VisitMethodCall(MethodCallExpression node)
    {
        if (!node.Method.IsGenericMethod || node.Method.GetGenericMethodDefinition() != RefreshCall.Apply)
        {
            return base.VisitMethodCall(node);
        }

        Covered(node.Arguments[1]);
        return node;
    }

    /// <summary>A refreshed entity: itself and what it owns in the same row are covered, the rest speaks for itself.</summary>
    private void Covered(Expression result)
    {
        switch (result)
        {
            case IncludeExpression { Navigation: var navigation } include:
                // A collection's own statement refreshes it, owned or not; what is owned in the row comes with the row.
                if (navigation.IsCollection || !navigation.TargetEntityType.IsOwned())
                {
                    if (_locked.Contains(navigation))
                    {
                        Covered(include.NavigationExpression);
                    }
                    else
                    {
                        Visit(include.NavigationExpression);
                    }
                }

                Covered(include.EntityExpression);
                break;
            case MethodCallExpression { Object: null, Arguments: [var join, var target] }:
                Visit(join);
                Covered(target);
                break;
            case StructuralTypeShaperExpression { StructuralType: IEntityType entity }:
                if (RefreshPlan.For(entity).Unreachable is not null)
                {
                    _found.Add(entity);
                }

                break;
            default:
                Visit(result);
                break;
        }
    }

    protected override Expression VisitExtension(Expression node)
    {
        if (node is StructuralTypeShaperExpression { StructuralType: IEntityType entity })
        {
            _found.Add(entity);
            return node;
        }

        if (node is IncludeExpression { Navigation: { IsCollection: true, TargetEntityType: var child } })
        {
            _children.Add(child);
        }

        return node is TableExpressionBase or SqlExpression ? node : base.VisitExtension(node);
    }
}
