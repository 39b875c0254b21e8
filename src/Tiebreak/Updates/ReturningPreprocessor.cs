using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Query;
using Tiebreak.RowLocks;

namespace Tiebreak.Updates;

/// <summary>
/// The first stage: parts the change from the query over the same rows. The query is compiled as any other, since it
/// says how a row becomes an entity; the SQL that is sent is the change's.
/// </summary>
internal sealed class ReturningPreprocessor(
    QueryTranslationPreprocessorDependencies dependencies, QueryCompilationContext compilation, QueryTranslationPreprocessor inner)
    : QueryTranslationPreprocessor(dependencies, compilation)
{
    public override Expression Process(Expression query)
    {
        if (RefreshedRows.Read(query) is { } refreshed)
        {
            return inner.Process(QueryCompilationContext.QueryTrackingBehavior == QueryTrackingBehavior.TrackAll
                ? RefreshCall.OnEach(refreshed.Rows, refreshed.Entity, RefreshProjection.RegisterScope(QueryCompilationContext))
                : refreshed.Rows);
        }

        if (ReturningOperators.Read(query) is not { } kind)
        {
            return inner.Process(query);
        }

        var root = (MethodCallExpression)query;
        var change = (MethodCallExpression)root.Arguments[0];
        var source = change.Arguments[0];
        var entity = ChangeSpine.Read(source);
        var scope = RefreshProjection.RegisterScope(QueryCompilationContext);
        var tracking = kind != ChangeKind.Outcome && IsTracking(source);
        var rows = kind == ChangeKind.Outcome ? root.Arguments[1]
            : tracking ? RefreshCall.OnEach(source, entity, scope)
            : source;
        if (tracking && kind == ChangeKind.Delete)
        {
            rows = ForgottenRows.OnEach(rows, scope);
        }

        // The change first: what stands in the query decides for the whole compilation whether it tracks.
        var processed = inner.Process(change);
        ChangeQuery.Remember(QueryCompilationContext, new ChangeQuery(kind, entity, tracking, processed));
        return inner.Process(rows);
    }

    public override Expression NormalizeQueryableMethod(Expression expression) => inner.NormalizeQueryableMethod(expression);

    private bool IsTracking(Expression source) => ChangeSpine.Operators(source).FirstOrDefault(call => call.Method.Name is
            nameof(EntityFrameworkQueryableExtensions.AsTracking) or nameof(EntityFrameworkQueryableExtensions.AsNoTracking)
            or nameof(EntityFrameworkQueryableExtensions.AsNoTrackingWithIdentityResolution)) is { } last
        ? last.Method.Name == nameof(EntityFrameworkQueryableExtensions.AsTracking)
        : QueryCompilationContext.QueryTrackingBehavior == QueryTrackingBehavior.TrackAll;
}

internal sealed class ReturningPreprocessorFactory(
    QueryTranslationPreprocessorDependencies dependencies, IQueryTranslationPreprocessorFactory inner) : IQueryTranslationPreprocessorFactory
{
    public QueryTranslationPreprocessor Create(QueryCompilationContext queryCompilationContext) =>
        new ReturningPreprocessor(dependencies, queryCompilationContext, inner.Create(queryCompilationContext));
}
