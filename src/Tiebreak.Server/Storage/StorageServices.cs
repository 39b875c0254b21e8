using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using Tiebreak.Operations;
using Tiebreak.Server.Settings;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Storage;

/// <summary>Puts together what stands between the systems and PostgreSQL.</summary>
internal static class StorageServices
{
    /// <summary>Connections beside those of the guard's transactions: for reads, health and the schema.</summary>
    private const int ReadConnections = 24;

    /// <exception cref="SettingsException">The connection string or a setting of the guard cannot be used.</exception>
    public static IServiceCollection AddStorage(this IServiceCollection services, string connectionString, IConfiguration configuration)
    {
        var guard = GuardOptions.Read(configuration);
        var settings = ConnectionSettings(connectionString, guard.Connections);
        services.AddSingleton(_ => NpgsqlDataSource.Create(settings));
        services.AddSingleton(DecisionTime.OfDatabase);
        services.AddPooledDbContextFactory<TiebreakDb>((provider, options) => options
            .UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>())
            .UseTiebreak()
            .UseDecisionTime(provider.GetRequiredService<DecisionTime>().Sql)
            .ConfigureWarnings(warnings => warnings
                // What a guard retries is no failure, and what it does not retry is logged where the request fails.
                .Log((CoreEventId.SaveChangesFailed, LogLevel.Debug), (CoreEventId.QueryIterationFailed, LogLevel.Debug), (RelationalEventId.CommandError, LogLevel.Debug))
                .Log((RelationalEventId.ConnectionError, LogLevel.Debug), (RelationalEventId.TransactionError, LogLevel.Debug))
                .Ignore(CoreEventId.RowLimitingOperationWithoutOrderByWarning)));

        services.AddSingleton<IDbContextFactory<SystemDb>, SystemContexts>();
        services.AddSingleton<DatabaseState>();
        services.AddHostedService<DatabaseSetup>();
        services.AddSingleton<IGuard<SystemDb>>(provider => guard.Create(
            provider.GetRequiredService<IDbContextFactory<SystemDb>>(), provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>
    /// The connection string with our defaults: a statement sent often is prepared once, and the pool has room for the
    /// guard's transactions and for reads beside them. Nothing of a session outlives its use, so nothing is reset between
    /// two uses. What the connection string says itself wins, since it comes last.
    /// </summary>
    /// <exception cref="SettingsException">The connection string is none.</exception>
    internal static string ConnectionSettings(string connectionString, int guardConnections)
    {
        try
        {
            if (new NpgsqlConnectionStringBuilder(connectionString).Host is null)
            {
                throw new SettingsException("ConnectionStrings:Tiebreak names no Host. For example: Host=127.0.0.1;Username=tiebreak;Password=...;Database=tiebreak. Leave the setting out to get a private PostgreSQL.");
            }

            return new NpgsqlConnectionStringBuilder(
                FormattableString.Invariant($"Max Auto Prepare=100;No Reset On Close=true;Maximum Pool Size={guardConnections + ReadConnections};Application Name=tiebreak-server;") + connectionString).ConnectionString;
        }
        catch (ArgumentException exception)
        {
            throw new SettingsException($"ConnectionStrings:Tiebreak is no connection string: {exception.Message}", exception);
        }
    }
}
