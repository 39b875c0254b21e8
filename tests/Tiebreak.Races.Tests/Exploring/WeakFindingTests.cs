using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Exploring;

/// <summary>What is no race, though it differs: another refusal, a deadlock that is answered, orders that do nothing, memory.</summary>
public sealed class WeakFindingTests(PostgresCluster cluster)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Race Users => Race.On(cluster.Server.ConnectionString)
        .Schema("CREATE TABLE users (id int PRIMARY KEY, name text, version int); CREATE TABLE pair (id int PRIMARY KEY, n int)")
        .Given("INSERT INTO users VALUES (1, 'old', 0)", "INSERT INTO pair VALUES (1, 0), (2, 0)");

    [Fact]
    public async Task Loser_that_is_told_another_failure_than_one_at_a_time_is_no_reason_to_fail()
    {
        static async Task<object?> RenameAsync(NpgsqlDataSource source, string name)
        {
            var version = await ScalarAsync(source, "SELECT version FROM users WHERE id = 1 AND name = 'old'");
            if (version is null)
            {
                return new { Succeeded = false, Error = "AlreadyRenamed" };
            }

            return await ScalarAsync(source, $"UPDATE users SET name = '{name}', version = version + 1 WHERE id = 1 AND version = {version} RETURNING 1") is null
                ? new { Succeeded = false, Error = "ConcurrencyFailure" }
                : new { Succeeded = true, Error = "" };
        }

        var report = await Users.Actor("alice", (NpgsqlDataSource source, CancellationToken _) => RenameAsync(source, "a")).Actor("bob", (NpgsqlDataSource source, CancellationToken _) => RenameAsync(source, "b")).ExploreAsync(Ct);

        Assert.True(report.Verdict is Verdict.Holds, report.ToText());
        var finding = Assert.Single(report.Findings);
        Assert.Equal(FindingKind.AnotherRefusal, finding.Kind);
        Assert.Contains("ConcurrencyFailure", finding.Explanation, StringComparison.Ordinal);
        Assert.Contains("busy", finding.Explanation, StringComparison.Ordinal);
        report.ThrowUnlessHolds();
    }

    [Fact]
    public async Task Loser_that_is_refused_though_it_wrote_is_a_race()
    {
        static async Task<object?> UseAsync(NpgsqlDataSource source)
        {
            var version = await ScalarAsync(source, "SELECT version FROM users WHERE id = 1");
            await ScalarAsync(source, "UPDATE pair SET n = n + 1 WHERE id = 1");
            return (int)version! > 0 ? "used" : await ScalarAsync(source, "UPDATE users SET version = 1 WHERE id = 1 AND version = 0 RETURNING 1") is null ? new { error = "lost" } : new { error = "" };
        }

        var report = await Users.Actor("alice", (NpgsqlDataSource source, CancellationToken _) => UseAsync(source)).Actor("bob", (NpgsqlDataSource source, CancellationToken _) => UseAsync(source)).TryFixes(false).ExploreAsync(Ct);

        Assert.True(report.Verdict is Verdict.Broken, report.ToText());
    }

    [Fact]
    public async Task Deadlock_that_ends_in_a_busy_answer_is_told()
    {
        static async Task<object?> BothAsync(NpgsqlDataSource source, int first, int second)
        {
            await using var connection = await source.OpenConnectionAsync(Ct);
            try
            {
                await using var transaction = await connection.BeginTransactionAsync(Ct);
                foreach (var id in new[] { first, second })
                {
                    await using var command = new NpgsqlCommand($"UPDATE pair SET n = n + 1 WHERE id = {id}", connection, transaction);
                    await command.ExecuteNonQueryAsync(Ct);
                }

                await transaction.CommitAsync(Ct);
                return "done";
            }
            catch (PostgresException)
            {
                return "busy";
            }
        }

        var report = await Users.Busy(answer => answer is "busy")
            .Actor("alice", (NpgsqlDataSource source, CancellationToken _) => BothAsync(source, 1, 2)).Actor("bob", (NpgsqlDataSource source, CancellationToken _) => BothAsync(source, 2, 1)).ExploreAsync(Ct);

        report.ThrowUnlessHolds();
        Assert.NotEqual(0, report.BusyDeadlocks);
        Assert.Contains("answered busy", report.ToText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, Verdict.Unknown)]
    [InlineData(true, Verdict.Holds)]
    public async Task Orders_that_only_refuse_and_change_nothing_are_no_pass_unless_that_is_allowed(bool isAllowed, Verdict expected)
    {
        static async Task<object?> RefuseAsync(NpgsqlDataSource source) => await ScalarAsync(source, "SELECT count(*) FROM users WHERE name = 'nobody'") is 0L ? 401 : 200;

        var race = Users.Actor("alice", (NpgsqlDataSource source, CancellationToken _) => RefuseAsync(source)).Actor("bob", (NpgsqlDataSource source, CancellationToken _) => RefuseAsync(source));
        var report = await (isAllowed ? race.AllowNothing() : race).ExploreAsync(Ct);

        Assert.Equal(expected, report.Verdict);
        Assert.Contains("changes nothing", report.Reason, StringComparison.Ordinal);
        Assert.Contains("changes nothing", report.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_changed_in_the_applications_memory_is_said_and_not_reported_as_a_race()
    {
        var calls = 0;
        async Task<object?> LimitedAsync(NpgsqlDataSource source)
        {
            await ScalarAsync(source, "UPDATE pair SET n = n + 1 WHERE id = 1");
            return Interlocked.Increment(ref calls) > 11 ? "too many requests" : "done";
        }

        var report = await Users.Actor("alice", (NpgsqlDataSource source, CancellationToken _) => LimitedAsync(source)).Actor("bob", (NpgsqlDataSource source, CancellationToken _) => LimitedAsync(source)).ExploreAsync(Ct);

        Assert.Equal(Verdict.Unknown, report.Verdict);
        Assert.Contains("something changed inside the application", report.Reason, StringComparison.Ordinal);
    }

    private static async Task<object?> ScalarAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Ct);
    }
}
