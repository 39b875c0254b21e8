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
    private readonly List<IEntityType> _refreshed = [];

    /// <summary>The entities that are refreshed besides the locked one.</summary>
    public IReadOnlyList<IEntityType> Refreshed => _refreshed;

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
        if (!children.Type.IsAssignableTo(typeof(IQueryable<>).MakeGenericType(child.ClrType)))
        {
            return collection.Update(children);
        }

        _refreshed.Add(child);
        return collection.Update(WithRefresh(children, child));
    }

    private MethodCallExpression WithRefresh(Expression children, IEntityType child)
    {
        // With includes of its own the child already stands in a Select, wrapped; its columns are read beside that.
        if (children is MethodCallExpression { Method.Name: nameof(Queryable.Select), Arguments: [var source, UnaryExpression { Operand: LambdaExpression { Body: IncludeExpression include } lambda }] } select)
        {
            Expression row = include;
            while (row is IncludeExpression outer)
            {
                row = outer.EntityExpression;
            }

            var body = RefreshCall.On(lambda.Body, row, child, context);
            return select.Update(null, [source, Expression.Quote(Expression.Lambda(lambda.Type, body, lambda.Parameters))]);
        }

        return RefreshCall.OnEach(children, child, context);
    }
}
