using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Tiebreak.Bench.Hosting;
using Tiebreak.Bench.Measuring;
using Tiebreak.Bench.Reports;
using Tiebreak.Server.Invites;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Bench.Hot;

/// <summary>One invite that everybody accepts at once.</summary>
internal static class HotSuite
{
    public const string RowLock = "Npgsql, FOR UPDATE";

    private static readonly int[] AllCallers = [1, 64, 256, 1024];
    private static readonly Guid Group = new("00000000-0000-7000-8000-000000000001");

    public static async Task RunAsync(string connectionString, BenchOptions options, SuiteReport report)
    {
        await using var rowLocks = await BenchServer.CreateAsync(connectionString, "row-lock");
        await using var lanes = await BenchServer.CreateAsync(connectionString, "lane");
        await using var source = NpgsqlDataSource.Create(connectionString + ";Max Auto Prepare=100;Maximum Pool Size=64;Timeout=600");
        await rowLocks.ExecuteAsync(AcceptSql.Function);
        await rowLocks.ExecuteAsync($"INSERT INTO groups VALUES ('{Group}', 'Hot', now())");

        var number = 0;
        foreach (var callers in options.Callers ?? AllCallers)
        {
            // A hot invite for each contender: what one leaves behind in dead rows is not the next one's.
            var contenders = Contenders(source, rowLocks, lanes, FormattableString.Invariant($"HOT-{++number}-"));
            foreach (var (_, code) in contenders)
            {
                await rowLocks.ExecuteAsync($"INSERT INTO invites VALUES ('{code}', 1, '{Group}', 1000000000, 0, 0, true, NULL, NULL, now())");
            }

            report.Add("accept one invite", callers, RowLock, await Rounds.RunAsync([.. contenders.Select(one => one.Contender)], callers, options.Rounds, options.RoundLength));
        }
    }

    private static List<(Contender Contender, string Code)> Contenders(NpgsqlDataSource source, BenchServer rowLocks, BenchServer lanes, string prefix)
    {
        var sql = new AcceptSql(source);
        var ef = new AcceptEf(rowLocks.Contexts);
        var limit = new Limit(source);
        var ways = new (string Name, Func<string, Task<int>> AcceptAsync, int? Callers)[]
        {
            (RowLock, sql.RowLockAsync, null),
            ("EF Core, FOR UPDATE", ef.RowLockAsync, null),
            ("optimistic, again until it fits", sql.OptimisticAsync, null),
            ("SERIALIZABLE, again until it fits", sql.SerializableAsync, null),
            ("one statement (CTE)", sql.OneStatementAsync, null),
            ("PL/pgSQL function", sql.FunctionAsync, null),
            ("Tiebreak, row-lock guard", Accept(rowLocks), null),
            ("Tiebreak, lane", Accept(lanes), null),
            ("limit: unnest, 1,000 a transaction, alone", code => limit.WriteAsync(code, Group), 1),
        };
        return [.. ways.Select((way, i) => FormattableString.Invariant($"{prefix}{i}") is var code
            ? (new Contender(way.Name, _ => way.AcceptAsync(code), way.Callers), code)
            : default)];
    }

    private static Func<string, Task<int>> Accept(BenchServer server)
    {
        var accept = server.Services.GetRequiredService<AcceptInvite>();
        return async code =>
        {
            var user = AcceptSql.NewUser();
            var outcome = await accept.RunAsync(new AcceptInvite.Request(code, user, new Identity(user, new byte[32])), default);
            return outcome.IsAccepted ? 1 : throw new InvalidOperationException($"Refused: {outcome.Refusal.Kind.Code}");
        };
    }
}
