using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using Tiebreak.Operations;

namespace Tiebreak.Server.Storage;

/// <summary>Puts together what stands between the systems and PostgreSQL.</summary>
internal static class StorageServices
{
    public static IServiceCollection AddStorage(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton(_ => NpgsqlDataSource.Create(WithDefaults(connectionString)));
        services.AddPooledDbContextFactory<TiebreakDb>((provider, options) => options
            .UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>())
            .UseTiebreak()
            .ConfigureWarnings(warnings => warnings
                // What a guard retries is no failure, and what it does not retry is logged where the request fails.
                .Log((CoreEventId.SaveChangesFailed, LogLevel.Debug), (CoreEventId.QueryIterationFailed, LogLevel.Debug), (RelationalEventId.CommandError, LogLevel.Debug))
                .Log((RelationalEventId.ConnectionError, LogLevel.Debug), (RelationalEventId.TransactionError, LogLevel.Debug))
                .Ignore(CoreEventId.RowLimitingOperationWithoutOrderByWarning)));

        services.AddSingleton<DatabaseSetup>();
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseSetup>());

        services.AddOptions<GuardOptions>().BindConfiguration(GuardOptions.Section);
        services.AddSingleton<IGuard<TiebreakDb>>(provider => new RowLockGuard<TiebreakDb>(
            provider.GetRequiredService<IDbContextFactory<TiebreakDb>>(),
            provider.GetRequiredService<Microsoft.Extensions.Options.IOptions<GuardOptions>>().Value.ToRowLockGuardOptions(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>
    /// A statement sent often is prepared once; the pool has room for the guard's transactions and for reads beside
    /// them. What the connection string says itself stays.
    /// </summary>
    private static string WithDefaults(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (!settings.ContainsKey("Max Auto Prepare"))
        {
            settings.MaxAutoPrepare = 100;
        }

        if (!settings.ContainsKey("Maximum Pool Size"))
        {
            settings.MaxPoolSize = 80;
        }

        if (!settings.ContainsKey("Application Name"))
        {
            settings.ApplicationName = "tiebreak-server";
        }

        return settings.ConnectionString;
    }
}
