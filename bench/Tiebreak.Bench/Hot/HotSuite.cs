using Tiebreak.Bench.Hosting;
using Tiebreak.Bench.Measuring;
using Tiebreak.Bench.Reports;

namespace Tiebreak.Bench.Hot;

/// <summary>One invite that everybody accepts at once.</summary>
internal static class HotSuite
{
    private static readonly int[] AllCallers = [1, 64, 256, 1024];
    private static readonly Guid Group = new("00000000-0000-7000-8000-000000000001");

    public static async Task RunAsync(Func<string, Task<string>> makeDatabaseAsync, BenchOptions options, SuiteReport report)
    {
        var connectionString = await makeDatabaseAsync("hot");
        await using var rowLocks = await BenchServer.CreateAsync(connectionString, BenchServer.RowLock);
        await using var lanes = await BenchServer.CreateAsync(connectionString, BenchServer.Lane);
        await using var source = AcceptWays.Source(connectionString);
        await rowLocks.ExecuteAsync(AcceptSql.Function);
        await rowLocks.ExecuteAsync($"INSERT INTO groups VALUES ('{Group}', 'Hot', now())");
        await EarlierAccepts.WriteAsync(rowLocks, Group);
        foreach (var callers in options.Callers ?? AllCallers)
        {
            var limit = new Limit(source);

            // A hot invite for each contender: what one leaves behind in dead rows is not the next one's.
            var contenders = new List<Contender>();
            foreach (var (name, acceptAsync) in AcceptWays.Of(source, rowLocks, lanes).Append(("limit: unnest, 1,000 a transaction, alone", code => limit.WriteAsync(code, Group))))
            {
                var code = FormattableString.Invariant($"HOT-{callers}-{contenders.Count}");
                await rowLocks.ExecuteAsync($"INSERT INTO invites VALUES ('{code}', 1, '{Group}', 1000000000, 0, 0, true, NULL, NULL, now())");
                contenders.Add(new Contender(name, _ => acceptAsync(code)) { Callers = name.StartsWith("limit", StringComparison.Ordinal) ? 1 : null });
            }

            report.Add("accept one invite", callers, AcceptWays.RowLock, await Rounds.RunAsync(contenders, callers, options.Rounds, options.RoundLength));
        }

        await rowLocks.ReconcileAsync();
    }
}
