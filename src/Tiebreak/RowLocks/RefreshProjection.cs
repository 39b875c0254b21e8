using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.RowLocks;

/// <summary>
/// Rewrites a tracking query so that its rows refresh what the context tracks. EF Core keeps a tracked instance as it
/// is and drops the row it just read, and no interceptor is called for it, so the values are selected once more
/// (the same columns: the SQL does not change) and handed to <see cref="RowRefresh"/>.
/// </summary>
internal static class RefreshProjection
{
    /// <summary>The query parameter that carries the context to the refresh and to the guard.</summary>
    public const string ContextParameter = "tiebreak_context";

    private static readonly MethodInfo Apply = typeof(RowRefresh).GetMethod(nameof(RowRefresh.Apply))!;
    private static readonly MethodInfo PropertyOf = typeof(EF).GetMethod(nameof(EF.Property))!;

    public static Expression AddTo(LockSpine spine, QueryCompilationContext compilation)
    {
        var context = compilation.RegisterRuntimeParameter(
            ContextParameter,
            Expression.Lambda(
                Expression.Property(QueryCompilationContext.QueryContextParameter, nameof(QueryContext.Context)),
                QueryCompilationContext.QueryContextParameter));

        var refreshes = !IsTracking(spine, compilation.QueryTrackingBehavior);
        Expression query = spine.Root;
        foreach (var call in spine.Operators)
        {
            if (!refreshes && (call.Method.Name == nameof(Queryable.Select) || !call.Type.IsAssignableTo(typeof(IQueryable))))
            {
                query = call.Method.Name == nameof(Queryable.Select)
                    ? RefreshInSelect(call, query, spine.Entity, context)
                    : ReduceRefreshed(call, query, spine.Entity, context);
                refreshes = true;
            }
            else
            {
                query = call.Update(null, [query, .. call.Arguments.Skip(1)]);
            }
        }

        return refreshes ? query : SelectRefreshed(query, spine.Entity, context);
    }

    private static bool IsTracking(LockSpine spine, QueryTrackingBehavior behaviour) =>
        spine.Operators.LastOrDefault(call => call.Method.Name is "AsTracking" or "AsNoTracking" or "AsNoTrackingWithIdentityResolution") is { } last
            ? last.Method.Name == "AsTracking"
            : behaviour == QueryTrackingBehavior.TrackAll;

    private static MethodCallExpression SelectRefreshed(Expression query, IEntityType entity, Expression context)
    {
        var row = Expression.Parameter(query.Type.GetGenericArguments()[0], "row");
        return Expression.Call(
            QueryableMethods.Select.MakeGenericMethod(row.Type, row.Type), query, Expression.Quote(Expression.Lambda(Refreshed(row, entity, context), row)));
    }

    /// <summary>First(predicate) and its like: the predicate goes into a Where below the refresh.</summary>
    private static MethodCallExpression ReduceRefreshed(MethodCallExpression call, Expression query, IEntityType entity, Expression context)
    {
        var element = call.Method.GetGenericArguments();
        if (call.Arguments is [_, UnaryExpression { NodeType: ExpressionType.Quote } predicate])
        {
            query = Expression.Call(QueryableMethods.Where.MakeGenericMethod(element), query, predicate);
            var plain = typeof(Queryable).GetMethods().Single(method => method.Name == call.Method.Name && method.GetParameters().Length == 1);
            return Expression.Call(plain.MakeGenericMethod(element), SelectRefreshed(query, entity, context));
        }

        return call.Update(null, [SelectRefreshed(query, entity, context), .. call.Arguments.Skip(1)]);
    }

    private static MethodCallExpression RefreshInSelect(MethodCallExpression call, Expression query, IEntityType entity, Expression context)
    {
        var selector = (LambdaExpression)((UnaryExpression)call.Arguments[1]).Operand;
        var row = selector.Parameters[0];
        var body = new WholeEntity(row, Refreshed(row, entity, context)).Visit(selector.Body);
        return call.Update(null, [query, Expression.Quote(Expression.Lambda(selector.Type, body, selector.Parameters))]);
    }

    private static MethodCallExpression Refreshed(Expression row, IEntityType entity, Expression context)
    {
        var values = RefreshPlan.For(entity).Parts.SelectMany(part => part.Slots.Select(slot => Value(row, part, slot)));
        return Expression.Call(
            Apply.MakeGenericMethod(row.Type), context, row, Expression.Constant(entity.Name), Expression.NewArrayInit(typeof(object), values));
    }

    private static UnaryExpression Value(Expression row, RefreshPart part, RefreshSlot slot)
    {
        var holder = row;
        foreach (var navigation in part.OwnedPath)
        {
            holder = Access(Declared(holder, navigation.DeclaringEntityType), navigation.ClrType, navigation.Name);
        }

        foreach (var complex in slot.ComplexPath)
        {
            holder = Access(Declared(holder, complex.DeclaringType), complex.ClrType, complex.Name);
        }

        var type = slot.Property.ClrType;
        var nullable = type.IsValueType && Nullable.GetUnderlyingType(type) is null ? typeof(Nullable<>).MakeGenericType(type) : type;
        return Expression.Convert(Access(Declared(holder, slot.Property.DeclaringType), nullable, slot.Property.Name), typeof(object));
    }

    private static Expression Declared(Expression holder, ITypeBase declaring) =>
        declaring.ClrType.IsAssignableFrom(holder.Type) ? holder : Expression.Convert(holder, declaring.ClrType);

    private static MethodCallExpression Access(Expression holder, Type type, string name) =>
        Expression.Call(PropertyOf.MakeGenericMethod(type), holder, Expression.Constant(name));

    /// <summary>Puts the refresh where the entity itself is selected, and leaves accesses to its members alone.</summary>
    private sealed class WholeEntity(ParameterExpression row, Expression refreshed) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == row ? refreshed : node;

        protected override Expression VisitMember(MemberExpression node) => IsRow(node.Expression) ? node : base.VisitMember(node);

        protected override Expression VisitMethodCall(MethodCallExpression node) =>
            node.Method.IsGenericMethod && node.Method.GetGenericMethodDefinition() == PropertyOf && IsRow(node.Arguments[0]) ? node : base.VisitMethodCall(node);

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
