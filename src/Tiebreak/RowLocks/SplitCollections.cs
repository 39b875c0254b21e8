using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.RowLocks;

/// <summary>
/// The collections that a split query reads in statements of their own. Each repeats the filter, the order and the
/// limit of the first one on a newer snapshot, and EF Core pairs children with parents by reading both in one order: a
/// parent more, or another one, and the children of the locked ones are lost. Only one row that is named by its key is
/// the same in each statement, as long as nothing but the locked row decides whether it matches.
/// </summary>
internal sealed class SplitCollections : ExpressionVisitor
{
    private bool _found;

    public static bool In(Expression shaper)
    {
        var search = new SplitCollections();
        search.Visit(shaper);
        return search._found;
    }

    public static bool FindTheirParentAgain(SelectExpression select, IReadOnlyList<TableExpressionBase> locked, IEntityType entity)
    {
        if (select.Tables.Count != locked.Count || locked.Any(table => table is not TableExpression) || select.Predicate is null)
        {
            return false;
        }

        var other = new Subqueries();
        other.Visit(select.Predicate);
        var named = Conditions(select.Predicate).Select(NamedColumn).OfType<ColumnExpression>().ToList();
        return !other.Found && entity.FindPrimaryKey()!.Properties.All(property => named.Exists(column => Holds(column, property, locked)));
    }

    protected override Expression VisitExtension(Expression node)
    {
        _found |= node is RelationalSplitCollectionShaperExpression;
        return _found || node is TableExpressionBase or SqlExpression ? node : base.VisitExtension(node);
    }

    internal static IEnumerable<SqlExpression> Conditions(SqlExpression predicate) =>
        predicate is SqlBinaryExpression { OperatorType: ExpressionType.AndAlso } both
            ? Conditions(both.Left).Concat(Conditions(both.Right))
            : [predicate];

    /// <summary>The column of "column = value", where the value is given from outside.</summary>
    private static ColumnExpression? NamedColumn(SqlExpression condition) => condition switch
    {
        SqlBinaryExpression { OperatorType: ExpressionType.Equal, Left: ColumnExpression column } equal when IsGiven(equal.Right) => column,
        SqlBinaryExpression { OperatorType: ExpressionType.Equal, Right: ColumnExpression column } equal when IsGiven(equal.Left) => column,
        _ => null,
    };

    private static bool IsGiven(SqlExpression value) => value switch
    {
        SqlParameterExpression or SqlConstantExpression => true,
        SqlUnaryExpression { OperatorType: ExpressionType.Convert } convert => IsGiven(convert.Operand),
        _ => false,
    };

    internal static bool Holds(ColumnExpression column, IProperty property, IReadOnlyList<TableExpressionBase> locked) =>
        locked.OfType<TableExpression>().FirstOrDefault(table => table.Alias == column.TableAlias) is { } holder
        && property.GetTableColumnMappings().Any(mapping => mapping.Column.Table == holder.Table && mapping.Column.Name == column.Name);

    private sealed class Subqueries : ExpressionVisitor
    {
        public bool Found { get; private set; }

        public override Expression? Visit(Expression? node)
        {
            Found |= node is SelectExpression;
            return Found ? node : base.Visit(node);
        }
    }
}
