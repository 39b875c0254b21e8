using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.RowLocks;

/// <summary>Finds the FROM items that hold the locked entity's row, and marks them with an annotation.</summary>
internal static class LockTarget
{
    private const string Annotation = "Tiebreak:RowLock";

    public static IReadOnlyList<TableExpressionBase> MarkedIn(SelectExpression select) =>
        [.. select.Tables.Select(Unwrap).Where(table => table.FindAnnotation(Annotation) is not null)];

    public static LockedQuery QueryOf(TableExpressionBase marked) => (LockedQuery)marked.FindAnnotation(Annotation)!.Value!;

    public static SelectExpression Mark(SelectExpression select, Expression shaper, LockedQuery query)
    {
        if (select.IsDistinct || select.GroupBy.Count > 0 || select.Having is not null)
        {
            throw Refusals.NotOneRowEach(query);
        }

        var targets = Find(select, query);
        targets.AddRange(LockedReferenceTables.Find(select, targets, query));
        SelectedValues.Check(select, [.. targets.Select(target => target.Alias!)], query);

        if (SplitCollections.In(shaper) && !SplitCollections.FindTheirParentAgain(select, targets, query.Entity))
        {
            throw Refusals.ChildrenOfUnsureRow(query);
        }

        var tables = select.Tables.Select(item =>
        {
            var table = Unwrap(item);
            return targets.Contains(table)
                ? (TableExpressionBase)ReplacingExpressionVisitor.Replace(table, table.AddAnnotation(Annotation, query), item)
                : item;
        }).ToList();
        return select.Update(
            tables, select.Predicate, select.GroupBy, select.Having, select.Projection, select.Orderings, select.Offset, select.Limit);
    }

    private static List<TableExpressionBase> Find(SelectExpression select, LockedQuery query)
    {
        // An entity in one table has one place to lock; a derived type of a TPT hierarchy has a row in several tables.
        var wanted = query.Entity.GetTableMappings().Select(mapping => mapping.Table).ToList();
        var raw = query.Entity.GetDefaultMappings().Select(mapping => mapping.Table).ToList();
        if (wanted.Count == 0 || select.Tables.Count == 0)
        {
            throw Refusals.NoTable(query);
        }

        // Raw SQL stands alone: for what it may not have (owned entities) EF Core joins the table a second time.
        if (select.Tables[0] is FromSqlExpression fromSql && Holds(fromSql, wanted, raw))
        {
            FromSqlShape.Check(fromSql.Sql, wanted, query);
            return select.Tables.Skip(1).Any(item => Holds(Unwrap(item), wanted, raw)) ? throw Refusals.RawSqlWithOwned(query) : [fromSql];
        }

        var candidates = select.Tables.Where(item => Holds(Unwrap(item), wanted, raw)).ToList();
        if (candidates.Count == 0)
        {
            throw Refusals.NoCandidate(query);
        }

        var tables = candidates.Select(Unwrap).OfType<TableExpression>().ToList();
        if (tables.Select(table => table.Table).Distinct().Count() != candidates.Count)
        {
            throw Refusals.Ambiguous(query);
        }

        // Found by what it is; that it also stands first proves that it is the query's own and not a joined namesake.
        return candidates.Any(item => item is LeftJoinExpression or OuterApplyExpression) ? throw Refusals.OptionalSide(query)
            : tables.Count == wanted.Count && tables.Contains(select.Tables[0]) ? [.. tables]
            : throw Refusals.NoCandidate(query);
    }

    private static bool Holds(TableExpressionBase table, List<ITable> wanted, List<ITableBase> raw) => table switch
    {
        TableExpression plain => wanted.Contains(plain.Table),
        FromSqlExpression { Table: { } holder } => raw.Contains(holder) || wanted.Contains(holder),
        _ => false,
    };

    private static TableExpressionBase Unwrap(TableExpressionBase item) => item is JoinExpressionBase join ? join.Table : item;
}
