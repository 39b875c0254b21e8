using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.Updates;

/// <summary>Whether a condition can hold for one row at most, by a key or a unique index of the model.</summary>
internal static class UniqueRow
{
    public static bool IsNamedBy(SqlExpression? predicate, TableExpression table, IEntityType entity)
    {
        if (predicate is null)
        {
            return false;
        }

        var place = StoreObjectIdentifier.Table(table.Name, table.Schema);
        var named = Conditions(predicate).Select(NamedColumn).OfType<ColumnExpression>()
            .Where(column => column.TableAlias == table.Alias).Select(column => column.Name).ToHashSet(StringComparer.Ordinal);
        return Unique(entity).Any(properties => properties.All(property => property.GetColumnName(place) is { } name && named.Contains(name)));
    }

    /// <summary>The sets of properties whose values no two rows share.</summary>
    public static IEnumerable<IReadOnlyList<IProperty>> Unique(IEntityType entity) =>
        entity.GetKeys().Select(key => key.Properties)
            .Concat(entity.GetIndexes().Where(index => index.IsUnique && index.GetFilter() is null).Select(index => index.Properties));

    private static IEnumerable<SqlExpression> Conditions(SqlExpression predicate) =>
        predicate is SqlBinaryExpression { OperatorType: ExpressionType.AndAlso } both
            ? Conditions(both.Left).Concat(Conditions(both.Right))
            : [predicate];

    private static ColumnExpression? NamedColumn(SqlExpression condition) => condition switch
    {
        SqlBinaryExpression { OperatorType: ExpressionType.Equal, Left: ColumnExpression column } equal when IsGiven(equal.Right) => column,
        SqlBinaryExpression { OperatorType: ExpressionType.Equal, Right: ColumnExpression column } equal when IsGiven(equal.Left) => column,
        _ => null,
    };

    private static bool IsGiven(SqlExpression value) => value switch
    {
        SqlParameterExpression or SqlConstantExpression { Value: not null } => true,
        SqlUnaryExpression { OperatorType: ExpressionType.Convert } convert => IsGiven(convert.Operand),
        _ => false,
    };
}
