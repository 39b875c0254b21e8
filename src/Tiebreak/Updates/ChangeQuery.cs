using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.Updates;

/// <summary>What one query that is being compiled changes. It hangs on the compilation, as a row lock does.</summary>
/// <param name="Kind">What the statement does beside its change.</param>
/// <param name="Entity">Whose rows are changed.</param>
/// <param name="Tracking">Whether the rows come back as tracked entities.</param>
/// <param name="Change">The change: EF Core's operator at first, the provider's statement at last.</param>
/// <param name="Alias">The name of the changed table in the statement.</param>
internal sealed record ChangeQuery(ChangeKind Kind, IEntityType Entity, bool Tracking, Expression Change, string Alias = "")
{
    private const string Annotation = "Tiebreak:Change";

    private static readonly ConditionalWeakTable<QueryCompilationContext, ChangeQuery> Compiling = [];

    public static void Remember(QueryCompilationContext compilation, ChangeQuery query) => Compiling.AddOrUpdate(compilation, query);

    public static ChangeQuery? Of(QueryCompilationContext compilation) => Compiling.TryGetValue(compilation, out var query) ? query : null;

    /// <summary>The change that a finished SELECT stands for; the last one that was put on it.</summary>
    public static ChangeQuery? On(Expression query) => query is SelectExpression { Tables: [var table, ..] }
        ? (ChangeQuery?)(table.FindAnnotation(Annotation + "2") ?? table.FindAnnotation(Annotation))?.Value
        : null;

    public SelectExpression PutOn(SelectExpression select, bool processed)
    {
        IReadOnlyList<TableExpressionBase> tables =
            [select.Tables[0].AddAnnotation(processed ? Annotation + "2" : Annotation, this), .. select.Tables.Skip(1)];
        return select.Update(
            tables, select.Predicate, select.GroupBy, select.Having, select.Projection, select.Orderings, select.Offset, select.Limit);
    }
}
