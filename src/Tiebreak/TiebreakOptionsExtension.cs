using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Tiebreak.RowLocks;
using Tiebreak.Transactions;
using Tiebreak.Updates;
using Tiebreak.WorkQueues;

namespace Tiebreak;

/// <summary>What <c>UseTiebreak()</c> adds to a context's options.</summary>
internal sealed class TiebreakOptionsExtension : IDbContextOptionsExtension, ITiebreakOptions
{
    private const string Provider = "Npgsql.EntityFrameworkCore.PostgreSQL";

    public string DecisionTime { get; init; } = ITiebreakOptions.DatabaseClock;

    public DbContextOptionsExtensionInfo Info => new ExtensionInfo(this);

    public void ApplyServices(IServiceCollection services)
    {
        // EF Core asks the extensions in the order in which they were added. After UseNpgsql() this changes nothing
        // (everything in it is TryAdd); before it, the provider's services are now there to be wrapped, and its own
        // later call finds them taken.
        services.AddEntityFrameworkNpgsql();
        RowLockServices.Decorate(services);
        ReturningServices.Decorate(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IInterceptor, OpeningInterceptor>());
        services.TryAddEnumerable(ServiceDescriptor.Scoped<IInterceptor, EnqueueInterceptor>());
    }

    public void Validate(IDbContextOptions options)
    {
        var provider = options.Extensions.FirstOrDefault(extension => extension.Info.IsDatabaseProvider);
        if (provider is not null && provider.GetType().Assembly.GetName().Name != Provider)
        {
            throw new RowLockNotPossibleException(
                $"UseTiebreak() works on PostgreSQL only, and this context uses '{provider.GetType().Assembly.GetName().Name}'. Call UseNpgsql(...) instead, or leave UseTiebreak() out.");
        }

        var core = options.FindExtension<CoreOptionsExtension>();
        if (core?.InternalServiceProvider is not null)
        {
            throw new RowLockNotPossibleException(
                "UseTiebreak() has no effect together with UseInternalServiceProvider(...): locks would be lost. Leave UseInternalServiceProvider(...) out and let EF Core build its services.");
        }

        var replaced = core?.ReplacedServices?.Keys.FirstOrDefault(key => RowLockServices.Decorated.Contains(key.Item1)).Item1;
        if (replaced is not null)
        {
            throw new RowLockNotPossibleException(
                $"UseTiebreak() wraps {replaced.Name}, and ReplaceService<{replaced.Name}, ...> would put it aside: locks would be lost. Wrap the service in an options extension of your own that is added after UseTiebreak().");
        }
    }

    private sealed class ExtensionInfo(IDbContextOptionsExtension extension) : DbContextOptionsExtensionInfo(extension)
    {
        public override bool IsDatabaseProvider => false;

        public override string LogFragment => "using Tiebreak ";

        public override int GetServiceProviderHashCode() => 0;

        public override bool ShouldUseSameServiceProvider(DbContextOptionsExtensionInfo other) => other is ExtensionInfo;

        public override void PopulateDebugInfo(IDictionary<string, string> debugInfo) => debugInfo["Tiebreak"] = "1";
    }
}
