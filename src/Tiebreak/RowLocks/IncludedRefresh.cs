using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.RowLocks;

/// <summary>
/// Refreshes the children that a split Include reads in its second statement: they are not locked, but they are read
/// after the lock, and a tracked child would keep its old values like any other.
/// </summary>
internal sealed class IncludedRefresh(Expression context) : ExpressionVisitor
{
    protected override Expression VisitExtension(Expression node)
    {
        if (node is not MaterializeCollectionNavigationExpression { Navigation.TargetEntityType: var child } collection
            || child.IsOwned()
            || child.FindPrimaryKey() is null
            || RefreshPlan.For(child).Unreachable is not null)
        {
            return base.VisitExtension(node);
        }

        var children = Visit(collection.Subquery);
        return children.Type.IsAssignableTo(typeof(IQueryable<>).MakeGenericType(child.ClrType))
            ? collection.Update(WithRefresh(children, child))
            : collection.Update(children);
    }

    private MethodCallExpression WithRefresh(Expression children, IEntityType child)
    {
        if (children is not MethodCallExpression call || call.Arguments[^1] is not UnaryExpression { Operand: LambdaExpression selector }
            || call.Method.Name is not (nameof(Queryable.Select) or nameof(Queryable.Join) or nameof(Queryable.LeftJoin)))
        {
            return RefreshCall.OnEach(children, child, context);
        }

        // The child is selected already, wrapped in its own includes or paired with the row that joins it (many to
        // many); its columns are read beside that. A shape that is not known stays as it is: UnrefreshedTypes sees it.
        return RowIn(selector.Body, child) is { } row
            ? call.Update(null, [.. call.Arguments.SkipLast(1), Expression.Quote(Expression.Lambda(
                selector.Type, RefreshCall.On(selector.Body, row, child, context), selector.Parameters))])
            : call;
    }

    private static Expression? RowIn(Expression selected, IEntityType child) => selected switch
    {
        IncludeExpression include => RowIn(include.EntityExpression, child),
        MethodCallExpression { Object: null, Arguments: [_, var paired] } when paired.Type == child.ClrType => RowIn(paired, child),
        ParameterExpression or MemberExpression when selected.Type == child.ClrType => selected,
        _ => null,
    };
}
