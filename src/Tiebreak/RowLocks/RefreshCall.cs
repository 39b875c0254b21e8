using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.RowLocks;

/// <summary>
/// Writes the call that refreshes one row's entity. EF Core keeps a tracked instance as it is and drops the row it
/// just read, and no interceptor is called for it, so the values are selected once more (the same columns: the SQL
/// does not change) and handed to <see cref="RowRefresh"/>.
/// </summary>
internal static class RefreshCall
{
    public static readonly MethodInfo PropertyOf = typeof(EF).GetMethod(nameof(EF.Property))!;
    public static readonly MethodInfo Apply = typeof(RowRefresh).GetMethod(nameof(RowRefresh.Apply))!;

    public static readonly MethodInfo SeenCall = typeof(RowRefresh).GetMethod(nameof(RowRefresh.Seen))!;

    /// <summary>The entity, refreshed from the row.</summary>
    /// <param name="result">What is selected: the entity, or the entity with what is included.</param>
    /// <param name="row">The entity alone, whose columns are read.</param>
    /// <param name="entity">Its type in the model.</param>
    /// <param name="scope">The query parameter that carries the <see cref="RefreshScope"/>.</param>
    public static MethodCallExpression On(Expression result, Expression row, IEntityType entity, Expression scope) =>
        Expression.Call(
            Apply.MakeGenericMethod(result.Type),
            scope,
            result,
            Expression.Constant(entity.Name),
            Expression.Constant(IncludedCollections.In(result)),
            Expression.NewArrayInit(
                typeof(object),
                RefreshPlan.For(entity).Parts.SelectMany(part => part.Slots.Select(slot => Value(row, part, slot)))));

    public static MethodCallExpression WithCollections(MethodCallExpression call) =>
        call.Update(null, [.. call.Arguments.Take(3), Expression.Constant(IncludedCollections.In(call.Arguments[1])), call.Arguments[4]]);

    /// <summary>The query with a last Select that refreshes each of its entities.</summary>
    public static MethodCallExpression OnEach(Expression query, IEntityType entity, Expression scope)
    {
        var row = Expression.Parameter(query.Type.GetGenericArguments()[0], "row");
        return Expression.Call(
            QueryableMethods.Select.MakeGenericMethod(row.Type, row.Type), query, Expression.Quote(Expression.Lambda(On(row, row, entity, scope), row)));
    }

    private static Expression Value(Expression row, RefreshPart part, RefreshSlot slot)
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

        if (slot.Property is IComplexProperty optional)
        {
            var value = Access(Declared(holder, optional.DeclaringType), optional.ClrType, optional.Name);
            return Expression.NewArrayInit(typeof(object), optional.ComplexType.GetProperties().Select(property => Scalar(value, property)));
        }

        return Scalar(Declared(holder, slot.Property.DeclaringType), (IProperty)slot.Property);
    }

    private static UnaryExpression Scalar(Expression holder, IProperty property)
    {
        var type = property.ClrType;
        var nullable = type.IsValueType && Nullable.GetUnderlyingType(type) is null ? typeof(Nullable<>).MakeGenericType(type) : type;
        return Expression.Convert(Access(holder, nullable, property.Name), typeof(object));
    }

    private static Expression Declared(Expression holder, ITypeBase declaring) =>
        declaring.ClrType.IsAssignableFrom(holder.Type) ? holder : Expression.Convert(holder, declaring.ClrType);

    private static MethodCallExpression Access(Expression holder, Type type, string name) =>
        Expression.Call(PropertyOf.MakeGenericMethod(type), holder, Expression.Constant(name));
}
