using Npgsql;
using Tiebreak.Races.Explaining;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Explaining;

public sealed class SqlRewritingTests(PostgresCluster cluster)
{
    [Theory]
    [InlineData("SELECT used FROM voucher WHERE id = 1", "SELECT used FROM voucher WHERE id = 1 FOR UPDATE")]
    [InlineData("SELECT used FROM voucher WHERE id = 1 ; ", "SELECT used FROM voucher WHERE id = 1 FOR UPDATE ; ")]
    [InlineData("SELECT used FROM voucher WHERE id = 1 -- which?", "SELECT used FROM voucher WHERE id = 1 FOR UPDATE -- which?")]
    [InlineData("SELECT used FROM voucher ORDER BY id LIMIT 1 OFFSET $1", "SELECT used FROM voucher ORDER BY id LIMIT 1 OFFSET $1 FOR UPDATE")]
    [InlineData("SELECT 'for update' FROM voucher", "SELECT 'for update' FROM voucher FOR UPDATE")]
    [InlineData("SELECT used /* FOR UPDATE */ FROM public.voucher", "SELECT used /* FOR UPDATE */ FROM public.voucher FOR UPDATE")]
    [InlineData("WITH x AS (SELECT count(*) AS n FROM orders) SELECT v.used, x.n FROM voucher AS v, x", "WITH x AS (SELECT count(*) AS n FROM orders) SELECT v.used, x.n FROM voucher AS v, x FOR UPDATE OF v")]
    [InlineData("WITH lock AS (SELECT 1) SELECT used FROM voucher", "WITH lock AS (SELECT 1) SELECT used FROM voucher FOR UPDATE")]
    [InlineData("SELECT v.used FROM \"voucher\" \"v\" LEFT JOIN orders o ON o.voucher_id = v.id", "SELECT v.used FROM \"voucher\" \"v\" LEFT JOIN orders o ON o.voucher_id = v.id FOR UPDATE OF \"v\"")]
    [InlineData("SELECT used, (SELECT count(*) FROM orders) FROM voucher", "SELECT used, (SELECT count(*) FROM orders) FROM voucher FOR UPDATE")]
    [InlineData("SELECT used FROM voucher WHERE id IN (SELECT voucher_id FROM orders GROUP BY 1)", "SELECT used FROM voucher WHERE id IN (SELECT voucher_id FROM orders GROUP BY 1) FOR UPDATE")]
    [InlineData("SELECT used FROM voucher FOR UPDATE", null)]
    [InlineData("SELECT used FROM voucher FOR NO KEY UPDATE OF voucher NOWAIT", null)]
    [InlineData("SELECT count(*) FROM voucher", null)]
    [InlineData("SELECT coalesce(sum(used), 0) FROM voucher", null)]
    [InlineData("SELECT row_number() OVER (ORDER BY id) FROM voucher", null)]
    [InlineData("SELECT DISTINCT used FROM voucher", null)]
    [InlineData("SELECT used FROM voucher GROUP BY used", null)]
    [InlineData("SELECT used FROM voucher UNION SELECT 1", null)]
    [InlineData("SELECT EXISTS (SELECT 1 FROM voucher)", null)]
    [InlineData("SELECT used FROM orders", null)]
    [InlineData("SELECT a.used FROM voucher a, voucher b", null)]
    [InlineData("UPDATE voucher SET used = 1", null)]
    [InlineData("WITH x AS (SELECT used FROM voucher) UPDATE voucher SET used = 1 FROM x", null)]
    [InlineData("SELECT used FROM voucher; SELECT 1", null)]
    public void A_lock_is_put_behind_a_query_that_may_have_one(string sql, string? expected) =>
        Assert.Equal(expected, SqlRewriting.AppendLock(sql, "FOR UPDATE", "public.voucher", HistoryLanguage.Catalog));

    [Theory]
    [InlineData("SELECT 1 FROM t FOR UPDATE", "SELECT 1 FROM t")]
    [InlineData("SELECT 1 FROM t FOR UPDATE;", "SELECT 1 FROM t;")]
    [InlineData("SELECT 1 FROM t WHERE a = 'x for update' FOR NO KEY UPDATE OF t, public.u SKIP LOCKED LIMIT 1", "SELECT 1 FROM t WHERE a = 'x for update' LIMIT 1")]
    [InlineData("SELECT 1 FROM t FOR SHARE OF t FOR UPDATE OF \"u\" NOWAIT", "SELECT 1 FROM t")]
    [InlineData("UPDATE t SET a = 1 WHERE id = (SELECT id FROM t ORDER BY id FOR UPDATE SKIP LOCKED)", "UPDATE t SET a = 1 WHERE id = (SELECT id FROM t ORDER BY id)")]
    [InlineData("WITH locked AS (SELECT id FROM t FOR KEY SHARE) SELECT 1 -- for update", "WITH locked AS (SELECT id FROM t) SELECT 1 -- for update")]
    [InlineData("SELECT substring(a for 3), 'for update' FROM t", null)]
    [InlineData("SELECT $$ FOR UPDATE $$, \"for update\" FROM t", null)]
    public void Locking_clauses_are_taken_out(string sql, string? expected) => Assert.Equal(expected, SqlRewriting.RemoveLocks(sql));

    [Theory]
    [InlineData("SELECT pg_advisory_xact_lock($1)", "SELECT pg_sleep(0 * ($1)::bigint)")]
    [InlineData("SELECT pg_catalog.pg_advisory_lock(hashtext('a,b'), $2) AS x", "SELECT pg_sleep(0 * (hashtext('a,b'))::int + 0 * ($2)::int) AS x")]
    [InlineData("SELECT pg_try_advisory_xact_lock(7)", "SELECT (0 * (7)::bigint = 0)")]
    [InlineData("SELECT pg_advisory_unlock(7)", null)]
    [InlineData("SELECT 'pg_advisory_lock(1)'", null)]
    public void Advisory_locks_become_something_of_the_same_type(string sql, string? expected) => Assert.Equal(expected, SqlRewriting.RemoveAdvisoryLocks(sql));

    [Theory]
    [InlineData("LOCK TABLE t IN EXCLUSIVE MODE NOWAIT", "LOCK TABLE t IN ACCESS SHARE MODE NOWAIT")]
    [InlineData("lock t;", "lock t IN ACCESS SHARE MODE;")]
    [InlineData("LOCK t, u NOWAIT", "LOCK t, u IN ACCESS SHARE MODE NOWAIT")]
    [InlineData("SELECT 'LOCK TABLE t'", null)]
    public void A_table_lock_is_weakened(string sql, string? expected) => Assert.Equal(expected, SqlRewriting.RemoveTableLock(sql));

    [Fact]
    public async Task What_stands_in_place_of_a_lock_takes_the_same_parameters_and_gives_the_same_type()
    {
        var database = await cluster.CreateDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(database);
        await using var connection = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        foreach (var (sql, values, type) in new (string, object[], string)[]
        {
            ("SELECT pg_advisory_xact_lock($1)", [5L], "void"),
            ("SELECT pg_advisory_xact_lock($1, $2)", [5, 6], "void"),
            ("SELECT pg_advisory_lock(hashtextextended($1, 0))", ["a"], "void"),
            ("SELECT pg_try_advisory_lock($1)", [long.MaxValue], "boolean"),
        })
        {
            await using var command = new NpgsqlCommand(SqlRewriting.RemoveAdvisoryLocks(sql), connection);
            foreach (var value in values)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            }

            await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            Assert.Equal(type, reader.GetDataTypeName(0));
            Assert.True(await reader.ReadAsync(TestContext.Current.CancellationToken));
        }

        await using var count = new NpgsqlCommand("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", connection);
        Assert.Equal(0L, await count.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }
}
