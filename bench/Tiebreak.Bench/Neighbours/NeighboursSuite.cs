using Tiebreak.Bench.Hosting;
using Tiebreak.Bench.Measuring;
using Tiebreak.Bench.Reports;
using Tiebreak.Bench.Systems;

namespace Tiebreak.Bench.Neighbours;

/// <summary>What one key or one caller that is slow costs the others of its lane: their times, with it and without.</summary>
internal static class NeighboursSuite
{
    private const string Undisturbed = "undisturbed";
    private const int Accounts = 100;

    public static async Task RunAsync(Func<string, Task<string>> makeDatabaseAsync, BenchOptions options, SuiteReport report)
    {
        await using var server = await BenchServer.CreateAsync(await makeDatabaseAsync("neighbours"), BenchServer.Lane, TimeSpan.FromSeconds(3));
        var changes = new ByTiebreak(server);
        for (var i = 0; i < Accounts; i++)
        {
            await changes.EarnPointsAsync(Account(i));
        }

        await changes.EarnPointsAsync(HeldRow.Account);
        foreach (var callers in options.Callers ?? [64])
        {
            await CompareAsync("earn, while a row of the lane is held from outside", "two callers want a row that is held", new HeldRow(server, changes), changes, callers, options, report);
        }

        await CompareAsync("earn, while others list 100,000 seats each", "eight callers with 100,000 seats each", new HeavyCallers(server), changes, 1, options, report);
        await server.ReconcileAsync();
    }

    private static async Task CompareAsync(string @case, string disturbed, IDisturbance disturbance, ByTiebreak changes, int callers, BenchOptions options, SuiteReport report)
    {
        var randoms = Enumerable.Range(0, callers).Select(caller => new Random(caller)).ToArray();
        Task<int> CallAsync(int caller) => changes.EarnPointsAsync(Account(randoms[caller].Next(Accounts)));
        try
        {
            report.Add(@case, callers, Undisturbed, await Rounds.RunAsync(
                [
                    new Contender(Undisturbed, CallAsync) { PrepareAsync = disturbance.EndAsync },
                    new Contender(disturbed, CallAsync) { PrepareAsync = disturbance.BeginAsync },
                ],
                callers, options.Rounds, options.RoundLength));
        }
        finally
        {
            await disturbance.EndAsync();
        }
    }

    private static string Account(int number) => FormattableString.Invariant($"free-{number}");
}
