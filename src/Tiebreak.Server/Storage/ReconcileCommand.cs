using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Server.Storage;

/// <summary>The command <c>reconcile</c>: recounts everything and reports every drift. Changes nothing.</summary>
internal static class ReconcileCommand
{
    public const string Name = "reconcile";

    /// <returns>0 when every counter is right, 1 when one is not.</returns>
    public static async Task<int> RunAsync(IServiceProvider services, TextWriter output, CancellationToken cancellationToken)
    {
        await using (var db = await services.GetRequiredService<IDbContextFactory<TiebreakDb>>().CreateDbContextAsync(cancellationToken))
        {
            await db.Database.MigrateAsync(cancellationToken);
        }

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

        return drifts == 0 ? 0 : 1;
    }
}
