using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.Updates;

/// <summary>The stage between translation and SQL: translates the change in the same compilation and puts it on the query.</summary>
internal sealed class ReturningPostprocessor(
    QueryTranslationPostprocessorDependencies dependencies,
    IQueryableMethodTranslatingExpressionVisitorFactory translators,
    QueryCompilationContext compilation,
    QueryTranslationPostprocessor inner)
    : QueryTranslationPostprocessor(dependencies, compilation)
{
    public override Expression Process(Expression query)
    {
        var processed = inner.Process(query);
        if (ChangeQuery.Of(QueryCompilationContext) is not { } change)
        {
            return processed;
        }

        var translated = inner.Process(translators.Create(QueryCompilationContext).Translate(change.Change));
        if (processed is not ShapedQueryExpression { QueryExpression: SelectExpression select } shaped)
        {
            throw ChangeShape.NotOneTable(change.Entity);
        }

        var alias = ChangeShape.Check(change, select, translated);
        return shaped.UpdateQueryExpression((change with { Change = translated, Alias = alias }).PutOn(select, processed: false));
    }
}

internal sealed class ReturningPostprocessorFactory(
    QueryTranslationPostprocessorDependencies dependencies,
    IQueryableMethodTranslatingExpressionVisitorFactory translators,
    IQueryTranslationPostprocessorFactory inner) : IQueryTranslationPostprocessorFactory
{
    public QueryTranslationPostprocessor Create(QueryCompilationContext queryCompilationContext) =>
        new ReturningPostprocessor(dependencies, translators, queryCompilationContext, inner.Create(queryCompilationContext));
}
