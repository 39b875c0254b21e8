using Tiebreak.Bench.Hosting;
using Tiebreak.Bench.Hot;
using Tiebreak.Bench.Measuring;
using Tiebreak.Bench.Reports;

namespace Tiebreak.Bench.Spread;

/// <summary>Accepts that are spread over many invites.</summary>
internal static class SpreadSuite
{
    private static readonly Guid Group = new("00000000-0000-7000-8000-000000000001");

    public static async Task RunAsync(Func<string, Task<string>> makeDatabaseAsync, BenchOptions options, SuiteReport report)
    {
        var connectionString = await makeDatabaseAsync("spread");
        await using var rowLocks = await BenchServer.CreateAsync(connectionString, BenchServer.RowLock);
        await using var lanes = await BenchServer.CreateAsync(connectionString, BenchServer.Lane);
        await using var source = AcceptWays.Source(connectionString);
        await rowLocks.ExecuteAsync(AcceptSql.Function);
        await rowLocks.ExecuteAsync($"INSERT INTO groups VALUES ('{Group}', 'Spread', now())");
        await EarlierAccepts.WriteAsync(rowLocks, Group);
        foreach (var keys in options.Keys ?? [1_000, 100_000])
        {
            await rowLocks.ExecuteAsync(FormattableString.Invariant(
                $"INSERT INTO invites SELECT 'K{keys}-' || i, 1, '{Group}', 1000000000, 0, 0, true, NULL, NULL, now() FROM generate_series(0, {keys - 1}) i"));
            foreach (var (spread, uniform) in new[] { ("uniform", true), ("Zipf", false) })
            {
                var zipf = new ZipfKeys(keys, uniform);
                var contenders = AcceptWays.Of(source, rowLocks, lanes)
                    .Select(way => new Contender(way.Name, Caller(way.AcceptAsync, zipf, keys))).ToList();
                foreach (var callers in options.Callers ?? [64])
                {
                    report.Add(
                        FormattableString.Invariant($"accept one of {keys:N0} invites, {spread}"), callers, AcceptWays.RowLock,
                        await Rounds.RunAsync(contenders, callers, options.Rounds, options.RoundLength));
                }
            }
        }

        await rowLocks.ReconcileAsync();
    }

    private static Func<int, Task<int>> Caller(Func<string, Task<int>> acceptAsync, ZipfKeys zipf, int keys)
    {
        var randoms = Enumerable.Range(0, 4096).Select(caller => new Random(caller)).ToArray();
        return caller => acceptAsync(FormattableString.Invariant($"K{keys}-{zipf.Next(randoms[caller])}"));
    }
}
