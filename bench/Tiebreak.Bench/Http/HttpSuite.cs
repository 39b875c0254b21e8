using Tiebreak.Bench.Hosting;
using Tiebreak.Bench.Hot;
using Tiebreak.Bench.Measuring;
using Tiebreak.Bench.Reports;

namespace Tiebreak.Bench.Http;

/// <summary>One invite that everybody accepts at once, over HTTP on the loopback: the lane's server against the row-lock guard's.</summary>
internal static class HttpSuite
{
    private static readonly Guid Group = new("00000000-0000-7000-8000-000000000001");

    public static async Task RunAsync(Func<string, Task<string>> makeDatabaseAsync, BenchOptions options, SuiteReport report)
    {
        var connectionString = await makeDatabaseAsync("http");
        await using var rowLocks = await BenchServer.ListenAsync(connectionString, BenchServer.RowLock);
        await using var lanes = await BenchServer.ListenAsync(connectionString, BenchServer.Lane);
        await rowLocks.ExecuteAsync($"INSERT INTO groups VALUES ('{Group}', 'Http', now())");
        await EarlierAccepts.WriteAsync(rowLocks, Group);
        foreach (var connections in options.Callers ?? [1, 64, 256])
        {
            var opened = new List<HttpCaller>();
            try
            {
                var contenders = new List<Contender>();
                foreach (var (name, server) in new[] { (AcceptWays.RowLockGuard, rowLocks), (AcceptWays.Lane, lanes) })
                {
                    var code = FormattableString.Invariant($"HTTP-{connections}-{contenders.Count}");
                    await server.ExecuteAsync($"INSERT INTO invites VALUES ('{code}', 1, '{Group}', 1000000000, 0, 0, true, NULL, NULL, now())");
                    var callers = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => HttpCaller.ConnectAsync(server.EndPoint)));
                    opened.AddRange(callers);
                    contenders.Add(new Contender(name, async caller =>
                    {
                        await callers[caller].AcceptAsync(code, AcceptSql.NewUser());
                        return 1;
                    }));
                }

                report.Add("accept one invite over HTTP", connections, AcceptWays.RowLockGuard, await Rounds.RunAsync(contenders, connections, options.Rounds, options.RoundLength));
            }
            finally
            {
                opened.ForEach(caller => caller.Dispose());
            }
        }

        await rowLocks.ReconcileAsync();
    }
}
