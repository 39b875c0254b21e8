using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Exploring;

/// <summary>What races of other people's trackers are called, and which table is blamed.</summary>
public sealed class NameTests(PostgresCluster cluster)
{
    [Theory]
    [InlineData(
        "CREATE TABLE dump (id int PRIMARY KEY, state text, worker text)", "INSERT INTO dump VALUES (1, 'pending', NULL), (2, 'pending', NULL)",
        "UPDATE dump SET state = 'claimed', worker = 'ME' WHERE ctid = (SELECT ctid FROM dump WHERE state = 'pending' ORDER BY id LIMIT 1) RETURNING id",
        Anomaly.StatementOverlap, "dump")]
    [InlineData(
        "CREATE TABLE score (who text PRIMARY KEY, points int)", "",
        "SELECT points FROM score WHERE who = 'x'|INSERT INTO score VALUES ('x', coalesce(LAST, 0) + 1) ON CONFLICT (who) DO UPDATE SET points = excluded.points",
        Anomaly.LostUpdate, "score")]
    [InlineData(
        "CREATE TABLE invites (token text PRIMARY KEY, org int); CREATE TABLE org_members (org int, who text, PRIMARY KEY (org, who))", "INSERT INTO invites VALUES ('T', 1)",
        "BEGIN|INSERT INTO org_members SELECT 1, 'ME' WHERE EXISTS (SELECT 1 FROM invites WHERE token = 'T') AND (SELECT count(*) FROM org_members WHERE org = 1) < 10 RETURNING who|DELETE FROM invites WHERE token = 'T' AND EXISTS (SELECT 1 FROM org_members WHERE org = 1 AND who = 'ME')|COMMIT",
        null, "invites")]
    public async Task Race_is_called_by_its_name_and_the_table_that_decided_is_blamed(string schema, string given, string statements, Anomaly? anomaly, string table)
    {
        var report = await Race.On(cluster.Server.ConnectionString).Schema(schema).Given(given).TryFixes(false)
            .Actor("alice", (NpgsqlDataSource source, CancellationToken _) => RunAsync(source, statements.Replace("ME", "alice", StringComparison.Ordinal)))
            .Actor("bob", (NpgsqlDataSource source, CancellationToken _) => RunAsync(source, statements.Replace("ME", "bob", StringComparison.Ordinal)))
            .ExploreAsync(TestContext.Current.CancellationToken);

        var finding = report.Findings is [var first, ..] ? first : null;
        Assert.True(finding is not null && (anomaly is null || finding.Anomaly == anomaly), report.ToText());
        Assert.Contains(table, finding.Explanation, StringComparison.Ordinal);
        Assert.DoesNotContain("org_members", finding.Explanation, StringComparison.Ordinal);
    }

    private static async Task<object?> RunAsync(NpgsqlDataSource source, string statements)
    {
        await using var connection = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        object? last = null;
        foreach (var sql in statements.Split('|'))
        {
            await using var command = new NpgsqlCommand(sql.Replace("LAST", last?.ToString() ?? "NULL", StringComparison.Ordinal), connection);
            last = await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        }

        return "done";
    }
}
