using System.Globalization;
using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.RowLocks;

/// <summary>The whole primary key as a query's filter names it, for the error of one that cannot have its row.</summary>
internal sealed class NamedKey(IReadOnlyList<(string Property, SqlExpression Value)> parts)
{
    public static NamedKey? In(SelectExpression select, IReadOnlyList<TableExpressionBase> locked, IEntityType entity)
    {
        if (select.Predicate is null || entity.FindPrimaryKey() is not { } key)
        {
            return null;
        }

        var given = SplitCollections.Conditions(select.Predicate).OfType<SqlBinaryExpression>().Where(condition => condition.OperatorType == ExpressionType.Equal)
            .SelectMany(equal => new[] { (equal.Left, equal.Right), (equal.Right, equal.Left) })
            .Where(pair => pair.Item1 is ColumnExpression && pair.Item2 is SqlParameterExpression or SqlConstantExpression).ToList();
        var parts = new List<(string, SqlExpression)>();
        foreach (var property in key.Properties)
        {
            var named = given.Find(pair => SplitCollections.Holds((ColumnExpression)pair.Item1, property, locked));
            if (named.Item2 is null)
            {
                return null;
            }

            parts.Add((property.Name, named.Item2));
        }

        return new NamedKey(parts);
    }

    /// <summary>As <c>Id=5</c>, parts of a composite key with commas; null where a value is not among those given.</summary>
    public string? TextOf(IReadOnlyDictionary<string, object?> values)
    {
        var texts = new List<string>();
        foreach (var (property, value) in parts)
        {
            object? found = null;
            if (value is SqlConstantExpression constant)
            {
                found = constant.Value;
            }
            else if (value is not SqlParameterExpression parameter || !values.TryGetValue(parameter.Name, out found))
            {
                return null;
            }

            texts.Add(string.Create(CultureInfo.InvariantCulture, $"{property}={found}"));
        }

        return string.Join(", ", texts);
    }
}
