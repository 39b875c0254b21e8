using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.RowLocks;

/// <summary>
/// Finds the FROM items of the references that are locked too. Recognised by the join's condition, the foreign key
/// against the key it refers to, and not by the table alone: that may occur for other reasons as well.
/// </summary>
internal static class LockedReferenceTables
{
    public static List<TableExpressionBase> Find(SelectExpression select, IReadOnlyList<TableExpressionBase> locked, LockedQuery query)
    {
        var found = new List<TableExpressionBase>();
        foreach (var reference in query.References)
        {
            var holders = locked;
            foreach (var navigation in reference.Path)
            {
                var table = Joined(select, holders, navigation, query);
                if (!found.Contains(table))
                {
                    found.Add(table);
                }

                holders = [table];
            }
        }

        return found;
    }

    private static TableExpression Joined(SelectExpression select, IReadOnlyList<TableExpressionBase> holders, INavigation navigation, LockedQuery query)
    {
        var target = navigation.TargetEntityType;
        if (target.GetTableMappings().Select(mapping => mapping.Table).Distinct().ToList() is not [var table]
            || target.GetDerivedTypes().Any(type => type.GetTableMappings().Any(mapping => mapping.Table != table)))
        {
            throw Refusals.OfWhat(query.Lock, navigation.Name, $"leads to '{target.ShortName()}', which is not kept in one table. Lock it with a query of its own");
        }

        var joins = select.Tables.OfType<PredicateJoinExpressionBase>()
            .Where(join => join.Table is TableExpression item && item.Table == table && Follows(join.JoinPredicate, holders, item, navigation.ForeignKey))
            .ToList();
        return joins switch
        {
            [InnerJoinExpression { Table: TableExpression only }] => only,
            [] => throw Refusals.OfWhat(query.Lock, navigation.Name, $"is not joined to the locked row by its table alone (a query filter of '{target.ShortName()}', or a type of a hierarchy, stands between). Lock '{target.ShortName()}' with a query of its own"),
            [_] => throw Refusals.OfWhat(query.Lock, navigation.Name, "stands on the nullable side of an outer join, where PostgreSQL locks no rows. Lock it with a query of its own"),
            _ => throw Refusals.OfWhat(query.Lock, navigation.Name, "is joined more than once in this statement, so it is open which of the rows is meant. Lock it with a query of its own"),
        };
    }

    private static bool Follows(SqlExpression predicate, IReadOnlyList<TableExpressionBase> holders, TableExpression item, IForeignKey key)
    {
        var pairs = Pairs(predicate).ToList();
        return pairs.Count == key.Properties.Count && key.Properties.Zip(key.PrincipalKey.Properties).All(columns => pairs.Exists(pair =>
            (IsHolders(pair.Left, columns.First) && IsItems(pair.Right, columns.Second))
            || (IsHolders(pair.Right, columns.First) && IsItems(pair.Left, columns.Second))));

        bool IsHolders(SqlExpression side, IProperty property) =>
            side is ColumnExpression column && holders.Any(holder => holder.Alias == column.TableAlias) && Holds(property, column.Name);

        bool IsItems(SqlExpression side, IProperty property) =>
            side is ColumnExpression column && column.TableAlias == item.Alias && Holds(property, column.Name);
    }

    private static bool Holds(IProperty property, string column) =>
        property.GetTableColumnMappings().Any(mapping => mapping.Column.Name == column);

    private static IEnumerable<(SqlExpression Left, SqlExpression Right)> Pairs(SqlExpression predicate) => predicate switch
    {
        SqlBinaryExpression { OperatorType: ExpressionType.AndAlso } both => Pairs(both.Left).Concat(Pairs(both.Right)),
        SqlBinaryExpression { OperatorType: ExpressionType.Equal } equal => [(equal.Left, equal.Right)],
        _ => [(predicate, predicate)],
    };
}
