using System.Globalization;
using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Exploring;

/// <summary>Races that are not in the corpus, each with the kind of fix that mends it.</summary>
public sealed class FixKindTests(PostgresCluster cluster)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(
        "CREATE TABLE dump (id int PRIMARY KEY, state text NOT NULL, worker text)", "INSERT INTO dump VALUES (1, 'pending', NULL), (2, 'pending', NULL)",
        "UPDATE dump SET state = 'claimed', worker = 'ME' WHERE ctid = (SELECT ctid FROM dump WHERE state = 'pending' ORDER BY id LIMIT 1) RETURNING id",
        "SKIP LOCKED")]
    [InlineData(
        "CREATE TABLE runs (id int PRIMARY KEY, status text); CREATE TABLE jobs (id text PRIMARY KEY, run_id int NOT NULL REFERENCES runs)",
        "INSERT INTO runs VALUES (1, 'running'); INSERT INTO jobs VALUES ('x', 1)",
        "BEGIN|INSERT INTO jobs VALUES ('ME', 1)|SELECT id FROM runs WHERE id = 1 FOR UPDATE|COMMIT",
        "FOR NO KEY UPDATE")]
    [InlineData(
        "CREATE TABLE budget (id int PRIMARY KEY, most int); CREATE TABLE spend (who text, budget_id int REFERENCES budget, amount int)", "INSERT INTO budget VALUES (1, 10)",
        "BEGIN|INSERT INTO spend SELECT 'ME', 1, 6 WHERE (SELECT coalesce(sum(amount), 0) FROM spend WHERE budget_id = 1) + 6 <= 10|COMMIT",
        "begin with SELECT 1 FROM budget WHERE id = 1 FOR NO KEY UPDATE")]
    [InlineData(
        "CREATE TABLE slot (who text, room int, starts int, ends int)", "",
        "BEGIN|INSERT INTO slot SELECT 'ME', 1, 10, 12 WHERE NOT EXISTS (SELECT 1 FROM slot WHERE room = 1 AND starts < 12 AND ends > 10)|COMMIT",
        "EXCLUDE USING gist")]
    [InlineData(
        "CREATE TABLE cart (who text, owner int, state text)", "INSERT INTO cart VALUES ('old', 1, 'paid'), ('older', 1, 'paid')",
        "BEGIN|INSERT INTO cart SELECT 'ME', 1, 'open' WHERE NOT EXISTS (SELECT 1 FROM cart WHERE owner = 1 AND state = 'open')|COMMIT",
        "a unique index on cart (owner) WHERE state = 'open'")]
    [InlineData(
        "CREATE TABLE invite (token text PRIMARY KEY, uses int, most int); CREATE TABLE member (who text PRIMARY KEY)", "INSERT INTO invite VALUES ('T', 0, 1)",
        "BEGIN|INSERT INTO member SELECT 'ME' WHERE (SELECT uses < most FROM invite WHERE token = 'T')|UPDATE invite SET uses = uses + 1 WHERE token = 'T' AND EXISTS (SELECT 1 FROM member WHERE who = 'ME')|COMMIT",
        "FOR NO KEY UPDATE")]
    [InlineData(
        "CREATE TABLE account (id int PRIMARY KEY, points int)", "INSERT INTO account VALUES (1, 0)",
        "SELECT points FROM account WHERE id = 1|UPDATE account SET points = LAST + 7 WHERE id = 1",
        "one transaction around all statements")]
    public async Task Fix_of_the_right_kind_is_tried_and_holds(string schema, string given, string statements, string expected)
    {
        var report = await Race.On(cluster.Server.ConnectionString).Schema(schema).Given(given)
            .Actor("alice", (NpgsqlDataSource source, CancellationToken _) => RunAsync(source, statements.Replace("ME", "alice", StringComparison.Ordinal)))
            .Actor("bob", (NpgsqlDataSource source, CancellationToken _) => RunAsync(source, statements.Replace("ME", "bob", StringComparison.Ordinal)))
            .ExploreAsync(Ct);

        Assert.True(report.Verdict is Verdict.Broken, report.ToText());
        Assert.True(report.Findings.Any(finding => finding.Fixes.Any(fix => fix.Verdict is Verdict.Holds && fix.What.Contains(expected, StringComparison.Ordinal))), report.ToText());
        Assert.All(report.Findings.SelectMany(finding => finding.Fixes).Where(fix => fix.Verdict is Verdict.Unknown), fix => Assert.False(string.IsNullOrEmpty(fix.Reason)));
        Assert.All(report.Findings.Where(finding => finding.Fixes.Any(fix => fix.Verdict is Verdict.Holds)), finding => Assert.Equal(Verdict.Holds, finding.Fixes[0].Verdict));
    }

    [Fact]
    public async Task One_transaction_holds_where_each_statement_opens_its_own_connection()
    {
        async Task<object?> EarnAsync(string database, int points)
        {
            var before = Convert.ToInt32(await ScalarAsync(database, "SELECT points FROM account WHERE id = 1"), CultureInfo.InvariantCulture);
            return await ScalarAsync(database, $"UPDATE account SET points = {before + points} WHERE id = 1 RETURNING points");
        }

        var report = await Race.On(cluster.Server.ConnectionString).Schema("CREATE TABLE account (id int PRIMARY KEY, points int)").Given("INSERT INTO account VALUES (1, 0)")
            .Actor("alice", database => EarnAsync(database, 5)).Actor("bob", database => EarnAsync(database, 7)).ExploreAsync(Ct);

        Assert.Contains(report.Findings[0].Fixes, fix => fix.Verdict is Verdict.Holds && fix.What.Contains("one transaction", StringComparison.Ordinal) && fix.What.Contains("FOR UPDATE", StringComparison.Ordinal));
    }

    // Errors are answers; what LAST stands for is the first value that was read.
    private static async Task<object?> RunAsync(NpgsqlDataSource source, string statements)
    {
        await using var connection = await source.OpenConnectionAsync(Ct);
        object? last = null;
        foreach (var sql in statements.Split('|'))
        {
            await using var command = new NpgsqlCommand(sql.Replace("LAST", Convert.ToString(last, CultureInfo.InvariantCulture), StringComparison.Ordinal), connection);
            last = await command.ExecuteScalarAsync(Ct) ?? last;
        }

        return last as string ?? Convert.ToString(last, CultureInfo.InvariantCulture);
    }

    private static async Task<object?> ScalarAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Ct);
    }
}
