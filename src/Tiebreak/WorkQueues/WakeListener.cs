using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tiebreak.WorkQueues;

/// <summary>Listens for NOTIFY on a connection of its own, and listens anew when that is lost.</summary>
internal sealed class WakeListener<TContext>(IDbContextFactory<TContext> contexts, string queue, WakeUp wake, TimeProvider time, ILogger logger)
    where TContext : DbContext
{
    private static readonly TimeSpan PauseBeforeNewConnection = TimeSpan.FromSeconds(1);

    // A connection that was cut without a word (a firewall that forgot it) is only found out by using it.
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(30);

    /// <summary>How often it has begun to listen.</summary>
    public int Times { get; private set; }

    /// <summary>Ends when cancelled, and only then.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested && WorkerErrors.MayPass(exception))
            {
                logger.LogWarning(exception, "Queue {Queue}: the connection that listens is lost; polling goes on, and it listens again in {Pause}", queue, PauseBeforeNewConnection);
                await Task.Delay(PauseBeforeNewConnection, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var context = await contexts.CreateDbContextAsync(cancellationToken).ConfigureAwait(false);
        await using (context.ConfigureAwait(false))
        {
            await context.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            var connection = (NpgsqlConnection)context.Database.GetDbConnection();
            connection.Notification += Hear;
            try
            {
                await ExecuteAsync(connection, WakeCall.Listen, cancellationToken).ConfigureAwait(false);
                Times++;

                // What was announced while nobody listened.
                wake.Set();
                while (true)
                {
                    if (!await connection.WaitAsync(SignOfLife, cancellationToken).ConfigureAwait(false))
                    {
                        await ExecuteAsync(connection, "SELECT 1", cancellationToken).ConfigureAwait(false);
                    }
                }
            }
            finally
            {
                connection.Notification -= Hear;
            }
        }
    }

    private void Hear(object sender, NpgsqlNotificationEventArgs heard)
    {
        if (heard.Channel == WakeCall.Channel && heard.Payload == queue)
        {
            wake.Set();
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
