using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Tiebreak.Bulk;

/// <summary>Writes the code that reads a column's value out of a row's entity, as the driver takes it, without boxing it.</summary>
internal static class ColumnAccess
{
    private static readonly MethodInfo ShadowValueOf = typeof(ColumnAccess).GetMethod(nameof(ShadowValue))!;

    /// <summary>The value of the entity's column; the type's default (null) where it has none.</summary>
    /// <param name="sources">More than one where types of a hierarchy share the column.</param>
    /// <param name="convert">From what the entity holds to what is sent.</param>
    public static Func<TRow, DbContext, TValue> Reader<TRow, TValue>(IReadOnlyList<ColumnSource> sources, Func<ColumnSource, Expression, Expression> convert)
    {
        var row = Expression.Parameter(typeof(TRow), "row");
        var context = Expression.Parameter(typeof(DbContext), "context");
        Expression body = Expression.Default(typeof(TValue));
        foreach (var source in sources.Reverse())
        {
            Expression Found(Expression holder) => Walk(holder, source, 0, context, typeof(TValue), convert);
            var type = source.Entity.ClrType;
            if (type.IsAssignableFrom(typeof(TRow)))
            {
                body = Found(row);
                continue;
            }

            var typed = Expression.Variable(type);
            body = Expression.Block([typed],
                Expression.Assign(typed, Expression.TypeAs(row, type)),
                Expression.Condition(Expression.ReferenceEqual(typed, Expression.Constant(null)), body, Found(typed)));
        }

        return Expression.Lambda<Func<TRow, DbContext, TValue>>(body, row, context).Compile();
    }

    /// <summary>The conversion that the model has for the property, and no more: null stays null.</summary>
    public static Expression Converted(Expression value, ValueConverter? converter, Type target)
    {
        if (converter is null)
        {
            return IfPresent(value, target, present => Cast(present, target));
        }

        Expression Call(Expression present) => Cast(
            Expression.Invoke(converter.ConvertToProviderExpression, Expression.Convert(present, converter.ConvertToProviderExpression.Parameters[0].Type)), target);
        return converter.ConvertsNulls ? Call(value) : IfPresent(value, target, Call);
    }

    private static Expression Cast(Expression value, Type target) =>
        target == typeof(string) && value.Type != target ? Expression.Call(value, nameof(ToString), null) : Expression.Convert(value, target);

    /// <summary>A shadow property's value, which only an entry of the context can hold.</summary>
    public static T ShadowValue<T>(DbContext context, object row, string property)
    {
        var entry = context.Entry(row);
        var value = entry.Property(property).CurrentValue;
        if (value is null || Equals(value, default(T)))
        {
            foreach (var key in entry.Property(property).Metadata.GetContainingForeignKeys())
            {
                if (key.DependentToPrincipal is { } navigation && !navigation.IsShadowProperty() && navigation.GetGetter().GetClrValue(row) is not null)
                {
                    throw BulkRefusals.ReferenceWithoutKey(entry.Metadata.DisplayName(), navigation.Name, property);
                }
            }
        }

        return value is null ? default! : (T)value;
    }

    public static MemberExpression Member(Expression holder, IPropertyBase property)
    {
        var member = property.GetMemberInfo(forMaterialization: false, forSet: false);
        var declared = member.DeclaringType!.IsAssignableFrom(holder.Type) ? holder : Expression.Convert(holder, member.DeclaringType);
        return Expression.MakeMemberAccess(declared, member);
    }

    private static Expression Walk(Expression holder, ColumnSource source, int step, Expression context, Type target, Func<ColumnSource, Expression, Expression> convert)
    {
        if (step == source.Steps.Count)
        {
            return convert(source, Value(holder, source, context));
        }

        return IfPresent(Member(holder, source.Steps[step]), target, present => Walk(present, source, step + 1, context, target, convert));
    }

    private static Expression Value(Expression holder, ColumnSource source, Expression context)
    {
        if (source.IsDiscriminator)
        {
            return Expression.Convert(
                Expression.Invoke(Expression.Constant(DiscriminatorOf(source.Entity)), Expression.Call(holder, nameof(GetType), null)), source.Leaf.ClrType);
        }

        return source.Leaf.IsShadowProperty()
            ? Expression.Call(ShadowValueOf.MakeGenericMethod(source.Leaf.ClrType), context, holder, Expression.Constant(source.Leaf.Name))
            : Member(holder, source.Leaf);
    }

    private static Func<Type, object?> DiscriminatorOf(IEntityType entity) => type => entity.Model.FindRuntimeEntityType(type)?.GetDiscriminatorValue();

    private static Expression IfPresent(Expression value, Type target, Func<Expression, Expression> then)
    {
        var nullable = Nullable.GetUnderlyingType(value.Type) is not null;
        if (value.Type.IsValueType && !nullable)
        {
            return then(value);
        }

        var found = Expression.Variable(value.Type);
        return Expression.Block([found],
            Expression.Assign(found, value),
            Expression.Condition(
                nullable ? Expression.Not(Expression.Property(found, "HasValue")) : Expression.ReferenceEqual(found, Expression.Constant(null)),
                Expression.Default(target),
                then(nullable ? Expression.Property(found, "Value") : found)));
    }
}
