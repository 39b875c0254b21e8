using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.RowLocks;

/// <summary>
/// Puts the refresh into what a locked query includes: the statements that read a collection select each child's
/// values as well, and remember which children came. Works on the query after EF Core has written its includes out.
/// </summary>
internal sealed class RefreshedChildren(Expression scope) : ExpressionVisitor
{
    protected override Expression VisitExtension(Expression node) =>
        node is MaterializeCollectionNavigationExpression collection ? Refreshed(collection) : base.VisitExtension(node);

    /// <summary>The refresh of the locked entity was written before its includes were known.</summary>
    protected override Expression VisitMethodCall(MethodCallExpression node)
    {
        var visited = (MethodCallExpression)base.VisitMethodCall(node);
        return visited.Method.IsGenericMethod && visited.Method.GetGenericMethodDefinition() == RefreshCall.Apply
            ? RefreshCall.WithCollections(visited)
            : visited;
    }

    private MaterializeCollectionNavigationExpression Refreshed(MaterializeCollectionNavigationExpression collection)
    {
        var child = collection.Navigation.TargetEntityType;
        if (child.IsMappedToJson())
        {
            return collection;
        }

        var subquery = Visit(collection.Subquery);
        if (subquery is MethodCallExpression { Method: { Name: nameof(Queryable.Select) } method } select
            && method.DeclaringType == typeof(Queryable)
            && select.Arguments[1] is UnaryExpression { Operand: LambdaExpression selector }
            && selector.Body.Type == child.ClrType)
        {
            return collection.Update(select.Update(null, [select.Arguments[0], Quote(selector, selector.Body, child)]));
        }

        var row = Expression.Parameter(child.ClrType, "child");
        return collection.Update(Expression.Call(
            QueryableMethods.Select.MakeGenericMethod(child.ClrType, child.ClrType), subquery, Quote(Expression.Lambda(row, row), row, child)));
    }

    private UnaryExpression Quote(LambdaExpression selector, Expression body, IEntityType child) =>
        Expression.Quote(Expression.Lambda(selector.Type, RefreshCall.On(Linked(body), Row(body), child, scope), selector.Parameters));

    /// <summary>The entity alone, without what is included, and without the row that joins it to its parent.</summary>
    private static Expression Row(Expression result) => result switch
    {
        IncludeExpression include => Row(include.EntityExpression),
        MethodCallExpression { Object: null, Arguments: [_, var target] } call when IncludedCollections.IsJoin(call) => Row(target),
        _ => result,
    };

    private Expression Linked(Expression result) => result switch
    {
        IncludeExpression include => include.Update(Linked(include.EntityExpression), include.NavigationExpression),
        MethodCallExpression { Object: null, Arguments: [var join, var target] } call when IncludedCollections.IsJoin(call) =>
            call.Update(null, [Expression.Call(RefreshCall.SeenCall.MakeGenericMethod(join.Type), scope, join), target]),
        _ => result,
    };
}
