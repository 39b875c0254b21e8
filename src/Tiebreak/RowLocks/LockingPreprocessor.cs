using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.RowLocks;

/// <summary>
/// The first stage: takes the lock operator out of the query before the provider sees it, and puts the refresh of
/// tracked entities in.
/// </summary>
internal sealed class LockingPreprocessor(
    QueryTranslationPreprocessorDependencies dependencies, QueryCompilationContext compilation, QueryTranslationPreprocessor inner)
    : QueryTranslationPreprocessor(dependencies, compilation)
{
    public override Expression Process(Expression query)
    {
        if (!LockOperators.Occur(query))
        {
            return inner.Process(query);
        }

        var spine = LockSpine.Read(query);
        var scope = RefreshProjection.RegisterScope(QueryCompilationContext);
        if (spine.Lock.Wait == RowLockWaitMode.UpTo)
        {
            WaitArgument.RegisterTime(QueryCompilationContext, spine.Wait!);
        }

        var refreshes = RefreshProjection.IsTracking(spine, QueryCompilationContext.QueryTrackingBehavior)
            && !LockedQuery.OmitsRefresh(QueryCompilationContext);
        var rebuilt = RefreshProjection.Rebuild(spine, refreshes, scope);
        var processed = inner.Process(spine.References.Count == 0 ? rebuilt : new ReferenceRefresh(spine, scope).Visit(rebuilt));
        if (refreshes)
        {
            processed = new RefreshedChildren(scope).Visit(processed);
        }

        LockedQuery.Remember(QueryCompilationContext, new LockedQuery(spine.Lock, spine.Entity) { References = spine.References });
        return processed;
    }

    public override Expression NormalizeQueryableMethod(Expression expression) => inner.NormalizeQueryableMethod(expression);
}

internal sealed class LockingPreprocessorFactory(
    QueryTranslationPreprocessorDependencies dependencies, IQueryTranslationPreprocessorFactory inner) : IQueryTranslationPreprocessorFactory
{
    public QueryTranslationPreprocessor Create(QueryCompilationContext queryCompilationContext) =>
        new LockingPreprocessor(dependencies, queryCompilationContext, inner.Create(queryCompilationContext));
}
