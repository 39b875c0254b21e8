using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.RowLocks;

/// <summary>
/// The stage between translation and SQL: finds the table to lock in the finished tree and marks it. Only here is the
/// first statement of a split query told apart from the ones that read its children.
/// </summary>
internal sealed class LockingPostprocessor(
    QueryTranslationPostprocessorDependencies dependencies, QueryCompilationContext compilation, QueryTranslationPostprocessor inner)
    : QueryTranslationPostprocessor(dependencies, compilation)
{
    public override Expression Process(Expression query)
    {
        var processed = inner.Process(query);
        if (LockedQuery.Of(QueryCompilationContext) is not { } locked)
        {
            return processed;
        }

        if (processed is not ShapedQueryExpression { QueryExpression: SelectExpression select } shaped)
        {
            throw new RowLockNotPossibleException(
                $"{locked.Lock.Clause} on '{locked.EntityName}' stands in a query that is not a plain SELECT. Lock with a query of its own first.");
        }

        if (QueryCompilationContext.QueryTrackingBehavior == QueryTrackingBehavior.TrackAll && !LockedQuery.OmitsRefresh(QueryCompilationContext))
        {
            locked = locked with
            {
                Unrefreshed = UnrefreshedTypes.In(shaped.ShaperExpression, locked.References.SelectMany(reference => reference.Path)),
                ReadsCollections = SplitCollections.In(shaped.ShaperExpression),
                Materialized = MaterializedTypes.In(shaped.ShaperExpression),
            };
            LockedQuery.Remember(QueryCompilationContext, locked);
        }

        return shaped.UpdateQueryExpression(LockTarget.Mark(select, shaped.ShaperExpression, locked));
    }
}

internal sealed class LockingPostprocessorFactory(
    QueryTranslationPostprocessorDependencies dependencies, IQueryTranslationPostprocessorFactory inner) : IQueryTranslationPostprocessorFactory
{
    public QueryTranslationPostprocessor Create(QueryCompilationContext queryCompilationContext) =>
        new LockingPostprocessor(dependencies, queryCompilationContext, inner.Create(queryCompilationContext));
}
