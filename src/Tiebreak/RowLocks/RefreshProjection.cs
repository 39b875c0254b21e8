using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.RowLocks;

/// <summary>Rebuilds a locked query without the lock, and with the refresh where a tracking query selects the entity.</summary>
internal static class RefreshProjection
{
    /// <summary>The query parameter that carries the <see cref="RefreshScope"/> to the refresh and to the guard.</summary>
    public const string ScopeParameter = "__tiebreak_scope";

    public static Expression RegisterScope(QueryCompilationContext compilation) => compilation.RegisterRuntimeParameter(
        ScopeParameter,
        Expression.Lambda(
            Expression.New(
                typeof(RefreshScope).GetConstructors()[0],
                Expression.Property(QueryCompilationContext.QueryContextParameter, nameof(QueryContext.Context))),
            QueryCompilationContext.QueryContextParameter));

    public static Expression Rebuild(LockSpine spine, bool refreshes, Expression scope)
    {
        var done = !refreshes;
        Expression query = spine.Root;
        foreach (var call in spine.Operators)
        {
            var selects = call.Method.Name == nameof(Queryable.Select);
            if (!done && (selects || !call.Type.IsAssignableTo(typeof(IQueryable))))
            {
                query = selects ? RefreshInSelect(call, query, spine.Entity, scope) : RefreshBeforeReducing(call, query, spine.Entity, scope);
                done = true;
            }
            else
            {
                query = call.Update(null, [query, .. call.Arguments.Skip(1)]);
            }
        }

        return done ? query : RefreshCall.OnEach(query, spine.Entity, scope);
    }

    public static bool IsTracking(LockSpine spine, QueryTrackingBehavior behaviour) =>
        spine.Operators.LastOrDefault(call => call.Method.Name is "AsTracking" or "AsNoTracking" or "AsNoTrackingWithIdentityResolution") is { } last
            ? last.Method.Name == "AsTracking"
            : behaviour == QueryTrackingBehavior.TrackAll;

    /// <summary>First, Single and their like; a predicate goes into a Where below the refresh.</summary>
    private static MethodCallExpression RefreshBeforeReducing(MethodCallExpression call, Expression query, IEntityType entity, Expression scope)
    {
        if (call.Arguments is not [_, UnaryExpression { NodeType: ExpressionType.Quote } predicate])
        {
            return call.Update(null, [RefreshCall.OnEach(query, entity, scope), .. call.Arguments.Skip(1)]);
        }

        var element = call.Method.GetGenericArguments();
        var filtered = Expression.Call(QueryableMethods.Where.MakeGenericMethod(element), query, predicate);
        var plain = typeof(Queryable).GetMethods().Single(method => method.Name == call.Method.Name && method.GetParameters().Length == 1);
        return Expression.Call(plain.MakeGenericMethod(element), RefreshCall.OnEach(filtered, entity, scope));
    }

    private static MethodCallExpression RefreshInSelect(MethodCallExpression call, Expression query, IEntityType entity, Expression scope)
    {
        var selector = (LambdaExpression)((UnaryExpression)call.Arguments[1]).Operand;
        var row = selector.Parameters[0];
        var body = new WholeEntity(row, entity, RefreshCall.On(row, row, entity, scope)).Visit(selector.Body);
        return call.Update(null, [query, Expression.Quote(Expression.Lambda(selector.Type, body, selector.Parameters))]);
    }

    /// <summary>
    /// Puts the refresh where the entity itself is needed, and leaves accesses to mapped members alone, which become
    /// columns. A member that is not mapped is computed from the entity in memory.
    /// </summary>
    private sealed class WholeEntity(ParameterExpression row, IEntityType entity, Expression refreshed) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == row ? refreshed : node;

        protected override Expression VisitMember(MemberExpression node) =>
            IsRow(node.Expression) && entity.GetDerivedTypesInclusive().Any(type => type.FindMember(node.Member.Name) is not null)
                ? node
                : base.VisitMember(node);

        protected override Expression VisitMethodCall(MethodCallExpression node) =>
            node.Method.IsGenericMethod && node.Method.GetGenericMethodDefinition() == RefreshCall.PropertyOf && IsRow(node.Arguments[0])
                ? node
                : base.VisitMethodCall(node);

        private bool IsRow(Expression? node)
        {
            while (node is UnaryExpression { NodeType: ExpressionType.Convert or ExpressionType.TypeAs } convert)
            {
                node = convert.Operand;
            }

            return node == row;
        }
    }
}
