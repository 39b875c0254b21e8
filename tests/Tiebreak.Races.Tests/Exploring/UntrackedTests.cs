using Npgsql;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Tests.Exploring;

/// <summary>Writes that no trigger of the scratch database sees.</summary>
public sealed class UntrackedTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_written_with_triggers_off_make_the_verdict_unknown()
    {
        var report = await Off(isAlways: true).ExploreAsync(Cancellation);
        Assert.Equal(Verdict.Unknown, report.Verdict);
        Assert.Contains("Rows of public.account changed, and no trigger", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Also_when_only_some_orders_write_so()
    {
        var report = await Off(isAlways: false).ExploreAsync(Cancellation);
        Assert.Equal(Verdict.Unknown, report.Verdict);
        Assert.Contains("Rows of public.account changed, and no trigger", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replay_says_so_as_well()
    {
        var report = await Off(isAlways: true).ReplayAsync("ab", Cancellation);
        Assert.Equal(Verdict.Unknown, report.Verdict);
        Assert.Contains("no trigger", report.Reason, StringComparison.Ordinal);
    }

    private static Race Off(bool isAlways) => Race.OnPrivatePostgres().Superuser()
        .Schema("CREATE TABLE account (id int PRIMARY KEY, points int)", "CREATE TABLE note (n int)")
        .Given("INSERT INTO account VALUES (1, 0)", "INSERT INTO note VALUES (1)")
        .TryFixes(false)
        .Actor("alice", (database, cancellationToken) => RunAsync(database, "SELECT count(*) FROM note", cancellationToken, "UPDATE note SET n = 2", "UPDATE note SET n = 1"))
        .Actor("bob", async (database, cancellationToken) =>
        {
            var isUpdated = isAlways || await RunAsync(database, "SELECT n FROM note", cancellationToken) is 2;
            return isUpdated ? await RunAsync(database, "SELECT 1", cancellationToken, "SET session_replication_role = replica", "UPDATE account SET points = points + 1") : "nothing";
        });

    private static async Task<object?> RunAsync(string database, string read, CancellationToken cancellationToken, params string[] writes)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(cancellationToken);
        foreach (var sql in writes)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var last = new NpgsqlCommand(read, connection);
        return await last.ExecuteScalarAsync(cancellationToken);
    }
}
