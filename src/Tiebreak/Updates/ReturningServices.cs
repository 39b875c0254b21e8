using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tiebreak.RowLocks;

namespace Tiebreak.Updates;

/// <summary>Wraps the query services that turn a query into the change that it stands for.</summary>
internal static class ReturningServices
{
    public static void Decorate(IServiceCollection services)
    {
        RowLockServices.Wrap<IQueryTranslationPreprocessorFactory>(services, (provider, inner) =>
            new ReturningPreprocessorFactory(provider.GetRequiredService<QueryTranslationPreprocessorDependencies>(), inner));
        RowLockServices.Wrap<IQueryTranslationPostprocessorFactory>(services, (provider, inner) => new ReturningPostprocessorFactory(
            provider.GetRequiredService<QueryTranslationPostprocessorDependencies>(),
            provider.GetRequiredService<IQueryableMethodTranslatingExpressionVisitorFactory>(),
            inner));
        RowLockServices.Wrap<IRelationalParameterBasedSqlProcessorFactory>(services, (provider, inner) =>
            new ReturningSqlProcessorFactory(provider.GetRequiredService<RelationalParameterBasedSqlProcessorDependencies>(), inner));
        RowLockServices.Wrap<IQuerySqlGeneratorFactory>(services, (provider, inner) =>
            new ReturningSqlGeneratorFactory(provider.GetRequiredService<QuerySqlGeneratorDependencies>(), inner));
        RowLockServices.Wrap<IAsyncQueryProvider>(services, (provider, inner) =>
        {
            ReturningOperators.Register(inner, provider.GetRequiredService<ICurrentDbContext>());
            return inner;
        });
        services.TryAddScoped<PendingIncrements>();
        services.AddScoped<IResettableService>(provider => provider.GetRequiredService<PendingIncrements>());
        services.AddSingleton<IInterceptor, IncrementInterceptor>();
    }
}
