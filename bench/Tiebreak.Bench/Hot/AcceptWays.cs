using Npgsql;
using Tiebreak.Bench.Hosting;
using Tiebreak.Bench.Systems;

namespace Tiebreak.Bench.Hot;

/// <summary>Every way to accept an invite that is compared.</summary>
internal static class AcceptWays
{
    public const string RowLock = "Npgsql, FOR UPDATE";
    public const string RowLockGuard = "Tiebreak, row-lock guard";
    public const string Lane = "Tiebreak, lane";

    /// <summary>The connections of the hand-written contenders: as many as callers, up to what a careful author would allow, statements prepared.</summary>
    public static NpgsqlDataSource Source(string connectionString) =>
        NpgsqlDataSource.Create(connectionString + ";Max Auto Prepare=100;Maximum Pool Size=64;Timeout=600");

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
            (RowLockGuard, new ByTiebreak(rowLocks).AcceptAsync),
            (Lane, new ByTiebreak(lanes).AcceptAsync),
        ];
    }
}
