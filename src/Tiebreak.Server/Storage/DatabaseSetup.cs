using Microsoft.EntityFrameworkCore;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Storage;

/// <summary>
/// Brings the database's schema up to date in the background, and keeps trying while the database cannot be reached:
/// a server that starts before its database recovers without anyone's help.
/// </summary>
internal sealed class DatabaseSetup(IDbContextFactory<TiebreakDb> contexts, DatabaseState state, ILogger<DatabaseSetup> logger, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = TimeSpan.FromMilliseconds(250);
        string? lastReason = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var db = await contexts.CreateDbContextAsync(stoppingToken);
                await SchemaUpdate.RunAsync(db, stoppingToken);
                state.NoteSetUp();
                logger.LogInformation("The database is ready");
                return;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                // A server that cannot start, its port being in use, takes away what this works with. It says why itself.
                return;
            }
            catch (Exception exception)
            {
                var reason = exception.GetBaseException().Message;
                if (reason != lastReason)
                {
                    logger.LogError(
                        "The database cannot be set up: {Reason}. Calls are answered with 503 until it can. Check the connection string in ConnectionStrings:Tiebreak (host, port, user, password, database), and that the server runs; this keeps trying",
                        reason);
                    lastReason = reason;
                }

                await Task.Delay(pause, time, stoppingToken);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }
}
