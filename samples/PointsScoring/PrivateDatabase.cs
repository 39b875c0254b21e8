using Tiebreak.LocalPostgres;

namespace PointsScoring;

/// <summary>Keeps a private PostgreSQL running for the other commands.</summary>
internal static class PrivateDatabase
{
    public static async Task<int> RunAsync(CancellationToken stopping)
    {
        await using var server = await LocalPostgresServer.StartAsync(new LocalPostgresOptions(), cancellationToken: stopping);
        Console.WriteLine($"export {Scoring.Variable}='{server.ConnectionString}'");
        await Task.Delay(Timeout.Infinite, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return 0;
    }
}
