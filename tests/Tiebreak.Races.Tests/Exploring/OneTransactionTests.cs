using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Tests.Corpus;

namespace Tiebreak.Races.Tests.Exploring;

/// <summary>A transaction around all that an actor does, as a fix that is tried.</summary>
public sealed class OneTransactionTests
{
    private const string Together = "alice and bob: one transaction around all statements";

    [Fact]
    public async Task What_it_holds_together_is_committed_so_that_a_race_stays_one()
    {
        var report = await CorpusEntries.Race("bettervoting-unique-on-random-id").ExploreAsync(TestContext.Current.CancellationToken);
        var fixes = report.Findings[0].Fixes;
        Assert.Equal(Verdict.Broken, fixes.Single(fix => fix.What == Together).Verdict);
        Assert.Equal(Verdict.Broken, fixes.Single(fix => fix.What.EndsWith("FOR UPDATE", StringComparison.Ordinal) && fix.What.StartsWith(Together, StringComparison.Ordinal)).Verdict);
        Assert.Equal(Verdict.Holds, fixes.Single(fix => fix.What.StartsWith(Together, StringComparison.Ordinal) && fix.What.Contains("SERIALIZABLE", StringComparison.Ordinal)).Verdict);
    }

    [Fact]
    public async Task With_a_lock_it_holds_where_the_lock_alone_does_not()
    {
        var report = await Race.OnPrivatePostgres()
            .Schema("CREATE TABLE voucher (id int PRIMARY KEY, used int)")
            .Given("INSERT INTO voucher VALUES (1, 0)")
            .Both(async (session, me) =>
            {
                var used = await session.ReadAsync<int>("SELECT used FROM voucher WHERE id = 1");
                await session.RunAsync("UPDATE voucher SET used = $1 WHERE id = 1", used + me);
                return "used";
            })
            .ExploreAsync(TestContext.Current.CancellationToken);
        var fixes = report.Findings[0].Fixes;
        Assert.Equal(Verdict.Broken, fixes.Single(fix => fix.What == "alice and bob: SELECT used FROM voucher WHERE id = 1 FOR UPDATE").Verdict);
        Assert.Equal(Verdict.Broken, fixes.Single(fix => fix.What == Together).Verdict);
        var both = fixes.Single(fix => fix.What == $"{Together}, and alice and bob: SELECT used FROM voucher WHERE id = 1 FOR UPDATE");
        Assert.Equal(Verdict.Holds, both.Verdict);
        Assert.True(both.BlockedSteps > 0);
    }

    [Fact]
    public async Task It_is_committed_on_connections_without_a_pool_too()
    {
        static async Task<object?> AcceptAsync(string database)
        {
            await using var connection = new NpgsqlConnection(database + ";Pooling=false");
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            var session = new Session(connection);
            if (await session.ReadAsync<int>("SELECT used FROM voucher WHERE id = 1") > 0)
            {
                return "used up";
            }

            await session.RunAsync("UPDATE voucher SET used = used + 1 WHERE id = 1");
            return "accepted";
        }

        var report = await Race.OnPrivatePostgres()
            .Schema("CREATE TABLE voucher (id int PRIMARY KEY, used int NOT NULL)")
            .Given("INSERT INTO voucher VALUES (1, 0)")
            .Actor("alice", AcceptAsync)
            .Actor("bob", AcceptAsync)
            .ExploreAsync(TestContext.Current.CancellationToken);
        var fixes = report.Findings[0].Fixes;
        // Rolled back instead, all orders would look alike.
        Assert.Equal(Verdict.Broken, fixes.Single(fix => fix.What == Together).Verdict);
        Assert.Equal(Verdict.Holds, fixes.Single(fix => fix.What.StartsWith(Together, StringComparison.Ordinal) && fix.What.Contains("SERIALIZABLE", StringComparison.Ordinal)).Verdict);
    }
}
