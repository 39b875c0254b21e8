using System.Data.Common;
using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.Bulk;

/// <summary>Writes the code that makes an entity of a returned row, its columns in the order of the plan.</summary>
internal static class RowMaker
{
    public static Func<DbDataReader, TRow> Of<TRow>(BulkPlan<TRow> plan)
        where TRow : class
    {
        var entity = plan.Entity;
        var made = typeof(TRow).GetConstructor(Type.EmptyTypes);
        if (made is null || typeof(TRow).IsAbstract || plan.SharedWith is not null || plan.Elsewhere.Count > 0
            || entity.FindDiscriminatorProperty() is not null || entity.GetDeclaredQueryFilters().Count > 0
            || plan.Columns.Any(column => column.Property is not { } property || property.IsShadowProperty() || column.Sources[0].Steps.Count > 0))
        {
            throw BulkRefusals.NotFindable(entity);
        }

        var reader = Expression.Parameter(typeof(DbDataReader), "reader");
        var bindings = plan.Columns.Select((column, ordinal) =>
        {
            var member = column.Property!.GetMemberInfo(forMaterialization: false, forSet: true);
            return (MemberBinding)Expression.Bind(member, Value(reader, ordinal, column.Property!));
        });
        return Expression.Lambda<Func<DbDataReader, TRow>>(Expression.MemberInit(Expression.New(made), bindings), reader).Compile();
    }

    private static ConditionalExpression Value(ParameterExpression reader, int ordinal, IProperty property)
    {
        var place = Expression.Constant(ordinal);
        var converter = property.GetRelationalTypeMapping().Converter;
        var stored = converter?.ProviderClrType ?? property.ClrType;
        Expression value = Expression.Call(reader, nameof(DbDataReader.GetFieldValue), [Nullable.GetUnderlyingType(stored) ?? stored], place);
        if (converter is not null)
        {
            var convert = converter.ConvertFromProviderExpression;
            value = Expression.Invoke(convert, Expression.Convert(value, convert.Parameters[0].Type));
        }

        return Expression.Condition(
            Expression.Call(reader, nameof(DbDataReader.IsDBNull), null, place), Expression.Default(property.ClrType), Expression.Convert(value, property.ClrType));
    }
}
