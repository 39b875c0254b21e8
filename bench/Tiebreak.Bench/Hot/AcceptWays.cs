using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Tiebreak.Bench.Hosting;
using Tiebreak.Server.Invites;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Bench.Hot;

/// <summary>Every way to accept an invite that is compared.</summary>
internal static class AcceptWays
{
    public const string RowLock = "Npgsql, FOR UPDATE";

    public static IReadOnlyList<(string Name, Func<string, Task<int>> AcceptAsync)> Of(NpgsqlDataSource source, BenchServer rowLocks, BenchServer lanes)
    {
        var sql = new AcceptSql(source);
        var ef = new AcceptEf(rowLocks.Contexts);
        return
        [
            (RowLock, sql.RowLockAsync),
            ("EF Core, FOR UPDATE", ef.RowLockAsync),
            ("optimistic, again until it fits", sql.OptimisticAsync),
            ("SERIALIZABLE, again until it fits", sql.SerializableAsync),
            ("one statement (CTE)", sql.OneStatementAsync),
            ("PL/pgSQL function", sql.FunctionAsync),
            ("Tiebreak, row-lock guard", Accept(rowLocks)),
            ("Tiebreak, lane", Accept(lanes)),
        ];
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
