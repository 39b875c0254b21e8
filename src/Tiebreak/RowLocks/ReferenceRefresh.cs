using System.Linq.Expressions;
using System.Reflection;

namespace Tiebreak.RowLocks;

/// <summary>
/// Has the refresh of a row's entity followed by that of the references that are locked with it. For that they are
/// read as an Include would read them.
/// </summary>
internal sealed class ReferenceRefresh(LockSpine spine, Expression scope) : ExpressionVisitor
{
    private static readonly MethodInfo Then = typeof(ReferenceRefresh).GetMethod(nameof(Both), BindingFlags.Static | BindingFlags.NonPublic)!;

    protected override Expression VisitMethodCall(MethodCallExpression node)
    {
        if (!node.Method.IsGenericMethod || node.Method.GetGenericMethodDefinition() != RefreshCall.Apply)
        {
            return base.VisitMethodCall(node);
        }

        var row = node.Arguments[1];
        return spine.References
            .SelectMany(reference => Enumerable.Range(1, reference.Path.Count).Select(steps => (reference, steps)))
            .Aggregate((Expression)node, (done, next) =>
            {
                var related = next.reference.From(row, next.steps);
                return Expression.Call(
                    Then.MakeGenericMethod(node.Type), done, RefreshCall.On(related, related, next.reference.Path[next.steps - 1].TargetEntityType, scope));
            });
    }

    private static T Both<T>(T entity, object related)
    {
        _ = related;
        return entity;
    }
}
