using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Storage;

/// <summary>The command <c>reconcile</c>: recounts everything and reports every drift. Changes nothing.</summary>
internal static class ReconcileCommand
{
    public const string Name = "reconcile";

    /// <returns>0 when every counter is right, 1 when one is not, 2 when that cannot be told.</returns>
    public static async Task<int> RunAsync(IServiceProvider services, TextWriter output, CancellationToken cancellationToken)
    {
        try
        {
            await using (var db = await services.GetRequiredService<IDbContextFactory<TiebreakDb>>().CreateDbContextAsync(cancellationToken))
            {
                if ((await db.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
                {
                    await output.WriteLineAsync("The database's schema is not of this version. Start the server once: it brings the schema up to date.");
                    return 2;
                }
            }

            return await RecountAsync(services, output, cancellationToken) == 0 ? 0 : 1;
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException { InnerException: NpgsqlException })
        {
            await output.WriteLineAsync($"The database cannot be read: {exception.GetBaseException().Message}. Check ConnectionStrings:Tiebreak.");
            return 2;
        }
    }

    private static async Task<int> RecountAsync(IServiceProvider services, TextWriter output, CancellationToken cancellationToken)
    {
        var drifts = 0;
        foreach (var system in services.GetServices<IReconcile>())
        {
            var before = drifts;
            await foreach (var drift in system.FindAsync(cancellationToken))
            {
                drifts++;
                await output.WriteLineAsync($"{system.System}: {drift.Table} {drift.Key}: {drift.Column} is {drift.Stored}, its records say {drift.Recounted}");
            }

            if (drifts == before)
            {
                await output.WriteLineAsync($"{system.System}: every counter is what its records add up to");
            }
        }

        return drifts;
    }
}
