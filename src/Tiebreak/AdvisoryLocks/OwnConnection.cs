using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Tiebreak.AdvisoryLocks;

/// <summary>
/// A connection for one lock. A pooled one would take its lock back into the pool: Npgsql resets it when it is used
/// again, not when it is returned, and with <c>No Reset On Close</c> never.
/// </summary>
internal static class OwnConnection
{
    public static async Task<NpgsqlConnection> OfAsync<TContext>(
        IDbContextFactory<TContext> contexts, AdvisoryLockOptions? options, CancellationToken cancellationToken)
        where TContext : DbContext
    {
        var context = await contexts.CreateDbContextAsync(cancellationToken).ConfigureAwait(false);
        await using (context.ConfigureAwait(false))
        {
            TransactionCheck.RequirePostgres(context);
            return await LikeAsync((NpgsqlConnection)context.Database.GetDbConnection(), options, cancellationToken).ConfigureAwait(false);
        }
    }

    public static async Task<NpgsqlConnection> OfAsync(NpgsqlDataSource source, AdvisoryLockOptions? options, CancellationToken cancellationToken)
    {
        var model = source.CreateConnection();
        await using (model.ConfigureAwait(false))
        {
            return await LikeAsync(model, options, cancellationToken).ConfigureAwait(false);
        }
    }

    private static ValueTask<NpgsqlConnection> LikeAsync(NpgsqlConnection model, AdvisoryLockOptions? options, CancellationToken cancellationToken)
    {
        var seconds = (int)(options ?? AdvisoryLockOptions.Default).KeepAlive.TotalSeconds;
        var settings = new NpgsqlConnectionStringBuilder(model.ConnectionString)
        {
            Pooling = false,
            Multiplexing = false,
            Enlist = false,
            KeepAlive = seconds,
            TcpKeepAlive = true,
            TcpKeepAliveTime = seconds,
            TcpKeepAliveInterval = seconds,
        };
        return model.CloneWithAsync(settings.ConnectionString, cancellationToken);
    }
}
