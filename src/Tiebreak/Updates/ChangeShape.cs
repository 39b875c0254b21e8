using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.Updates;

/// <summary>
/// Whether the finished statement judges its condition on the row as it is after a wait, and can return it. PostgreSQL
/// checks the condition again on the changed row itself; a copy of it in a subquery of FROM stays as it was
/// (https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED).
/// </summary>
internal static class ChangeShape
{
    /// <returns>The alias of the changed table.</returns>
    public static string Check(ChangeQuery change, SelectExpression select, Expression statement)
    {
        var (table, condition) = statement switch
        {
            UpdateExpression update => (update.Table, update.SelectExpression),
            DeleteExpression delete => (delete.Table, delete.SelectExpression),
            _ => throw NotOneTable(change.Entity),
        };

        if (condition.Tables.Any(item => IsCopy(item, table)) || condition is not { Limit: null, Offset: null, IsDistinct: false })
        {
            throw new UpdateNotPossibleException(
                $"The condition on '{change.Entity.ShortName()}' would be checked on a copy of the row in a subquery, which after a wait still has the values from before. It joins another table in a way that an UPDATE cannot (an optional navigation, most often). Find the keys in a query of its own, then change by key and by the row's own columns.");
        }

        var own = select.Tables.Select(Unwrap).OfType<TableExpression>().FirstOrDefault(item => item.Table == table.Table)
                  ?? throw NotOneTable(change.Entity);
        if (select.Projection.FirstOrDefault(item => Column(item.Expression)?.TableAlias != own.Alias) is { } foreign)
        {
            throw new UpdateNotPossibleException(
                $"The value '{foreign.Alias}' of '{change.Entity.ShortName()}' is not a column of its table alone (a type of TPT, an owned collection, an automatic Include), so the changed row cannot return it. Use IgnoreAutoIncludes(), or ExecuteUpdateAsync(...) and a query after it.");
        }

        if (change.Kind is ChangeKind.OneRow or ChangeKind.Outcome && !UniqueRow.IsNamedBy(condition.Predicate, table, change.Entity))
        {
            throw new UpdateNotPossibleException(
                $"The query on '{change.Entity.ShortName()}' may match several rows, and all of them would be changed. Let its Where name one row: each property of the primary key or of a unique index with '==' and a value, as in Where(x => x.Id == id && ...).");
        }

        return table.Alias!;
    }

    public static UpdateNotPossibleException NotOneTable(IEntityType entity) => new(
        $"'{entity.ShortName()}' is not mapped to one table whose rows could be changed and returned in one statement (TPT, the base of TPC, a view or SQL). Change the concrete type, or use SaveChanges under a row lock.");

    /// <summary>The column below what only changes its type in .NET.</summary>
    public static ColumnExpression? Column(SqlExpression expression) => expression switch
    {
        ColumnExpression column => column,
        JsonScalarExpression { Path.Count: 0, Json: ColumnExpression column } => column,
        SqlUnaryExpression { OperatorType: ExpressionType.Convert, Operand: ColumnExpression column } convert
            when convert.TypeMapping?.StoreType == column.TypeMapping?.StoreType => column,
        _ => null,
    };

    private static bool IsCopy(TableExpressionBase item, TableExpression changed) => Unwrap(item) switch
    {
        TableExpression other => other.Alias != changed.Alias && other.Table == changed.Table,
        _ => true,
    };

    private static TableExpressionBase Unwrap(TableExpressionBase item) => item is JoinExpressionBase join ? join.Table : item;
}
