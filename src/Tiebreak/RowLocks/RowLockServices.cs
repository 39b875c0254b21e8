using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.Extensions.DependencyInjection;

namespace Tiebreak.RowLocks;

/// <summary>Wraps the query services that the provider registered.</summary>
internal static class RowLockServices
{
    /// <summary>The services whose replacement would lose locks, or changes that return their rows.</summary>
    public static readonly IReadOnlySet<Type> Decorated = new HashSet<Type>
    {
        typeof(IQueryTranslationPreprocessorFactory),
        typeof(IQueryTranslationPostprocessorFactory),
        typeof(IQuerySqlGeneratorFactory),
        typeof(IRelationalParameterBasedSqlProcessorFactory),
        typeof(IQueryCompilationContextFactory),
    };

    public static void Decorate(IServiceCollection services)
    {
        Wrap<IQueryTranslationPreprocessorFactory>(services, (provider, inner) =>
            new LockingPreprocessorFactory(provider.GetRequiredService<QueryTranslationPreprocessorDependencies>(), inner));
        Wrap<IQueryTranslationPostprocessorFactory>(services, (provider, inner) =>
            new LockingPostprocessorFactory(provider.GetRequiredService<QueryTranslationPostprocessorDependencies>(), inner));
        Wrap<IQuerySqlGeneratorFactory>(services, (provider, inner) =>
            new LockingSqlGeneratorFactory(provider.GetRequiredService<QuerySqlGeneratorDependencies>(), inner));
        Wrap<IQueryCompilationContextFactory>(services, (provider, inner) =>
            new LockingCompilationFactory(provider.GetRequiredService<QueryCompilationContextDependencies>(), inner));

        services.AddSingleton<IInterceptor, LockedCommandInterceptor>();

        // Not wrapped, only noted: ForUpdate() can then say at once that UseTiebreak() was forgotten.
        Wrap<IAsyncQueryProvider>(services, (_, inner) =>
        {
            LockOperators.Register(inner);
            return inner;
        });
    }

    public static void Wrap<TService>(IServiceCollection services, Func<IServiceProvider, TService, TService> wrap)
        where TService : class
    {
        var inner = services.Last(descriptor => descriptor.ServiceType == typeof(TService));
        services.Remove(inner);
        services.Add(new ServiceDescriptor(typeof(TService), provider => wrap(provider, Make<TService>(provider, inner)), inner.Lifetime));
    }

    private static TService Make<TService>(IServiceProvider provider, ServiceDescriptor descriptor)
        where TService : class =>
        (TService)(descriptor.ImplementationInstance
            ?? descriptor.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, descriptor.ImplementationType!));
}
