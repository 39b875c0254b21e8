using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.RowLocks;

/// <summary>
/// Compiles a locked tracking query twice: as it was written, and with the refresh. Where the context tracks nothing
/// that the query returns there is nothing to refresh, and reading every column a second time would be the larger part
/// of what a lock costs. Which of the two runs is decided at each execution.
/// </summary>
internal sealed class LockingCompilation(
    QueryCompilationContextDependencies dependencies, IQueryCompilationContextFactory inner, bool async)
    : QueryCompilationContext(dependencies, async)
{
    public override Func<QueryContext, TResult> CreateQueryExecutor<TResult>(Expression query)
    {
        var compilation = inner.Create(IsAsync);
        if (!LockOperators.Occur(query))
        {
            return compilation.CreateQueryExecutor<TResult>(query);
        }

        // This one comes first: what it refuses is refused whatever the context happens to track.
        var refreshing = compilation.CreateQueryExecutor<TResult>(query);
        if (LockedQuery.Of(compilation) is not { Materialized.Count: > 0 } locked)
        {
            return refreshing;
        }

        var other = inner.Create(IsAsync);
        LockedQuery.OmitRefresh(other);
        var plain = other.CreateQueryExecutor<TResult>(query);
        return EitherExecutor.Of(query, plain, refreshing, new TrackedTypes(locked.Materialized));
    }
}

internal sealed class LockingCompilationFactory(QueryCompilationContextDependencies dependencies, IQueryCompilationContextFactory inner)
    : IQueryCompilationContextFactory
{
    public QueryCompilationContext Create(bool async) => new LockingCompilation(dependencies, inner, async);

    /// <summary>A precompiled query is one expression, so it always refreshes.</summary>
    [Experimental("EF9100")]
    public QueryCompilationContext CreatePrecompiled(bool async) => inner.CreatePrecompiled(async);
}
