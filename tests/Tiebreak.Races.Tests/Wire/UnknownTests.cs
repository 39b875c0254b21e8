using Tiebreak.Races.Tests.Corpus;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Wire;

/// <summary>What is neither a race nor none is unknown, is told why, and leaves nothing behind.</summary>
public sealed class UnknownTests(PostgresCluster cluster)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private async Task<Race> StockAsync()
    {
        var server = await cluster.CreateDatabaseAsync();
        return Race.On(server).Schema("CREATE TABLE stock (id int PRIMARY KEY, units int NOT NULL)").Given("INSERT INTO stock VALUES (1, 5)")
            .Patience(TimeSpan.FromSeconds(2)).TryFixes(false).Warmup(false);
    }

    private static async Task<string> TakeAsync(Session session)
    {
        await session.RunAsync("UPDATE stock SET units = units - 1 WHERE id = 1");
        return "taken";
    }

    [Fact]
    public async Task Actor_that_hangs_is_unknown_and_named()
    {
        var race = await StockAsync();
        var report = await race.Does("alice", TakeAsync)
            .Actor("bob", async (string _, CancellationToken stop) =>
            {
                await Task.Delay(Timeout.Infinite, stop);
                return null;
            })
            .ExploreAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
        Assert.Equal(Verdict.Unknown, report.Verdict);
        Assert.Contains("bob neither ended nor sent a statement within 2 s", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Actor_that_waits_for_something_that_is_no_lock_is_unknown()
    {
        var race = await StockAsync();
        var report = await race.Does("alice", TakeAsync)
            .Does("bob", async session =>
            {
                await session.RunAsync("SELECT pg_sleep(600)");
                return "slept";
            })
            .ExploreAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
        Assert.Equal(Verdict.Unknown, report.Verdict);
        Assert.Contains("pg_sleep", report.Reason, StringComparison.Ordinal);
        Assert.Contains("does not wait for a lock", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Actor_whose_backend_is_killed_is_unknown()
    {
        var race = await StockAsync();
        var report = await race.Does("alice", TakeAsync)
            .Does("bob", async session =>
            {
                await session.RunAsync("SELECT pg_terminate_backend(pg_backend_pid())");
                return "gone";
            })
            .ExploreAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
        Assert.Equal(Verdict.Unknown, report.Verdict);
        Assert.NotNull(report.Reason);
    }

    [Fact]
    public async Task Actor_that_throws_while_it_holds_a_lock_gives_it_free()
    {
        var race = await StockAsync();
        var report = await race.Does("alice", TakeAsync)
            .Does("bob", async session =>
            {
                await session.RunAsync("BEGIN");
                await session.RunAsync("UPDATE stock SET units = 0 WHERE id = 1");
                throw new InvalidOperationException("bob is gone");
            })
            .ExploreAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
        Assert.NotEqual(Verdict.Unknown, report.Verdict);
    }

    [Fact]
    public async Task Actors_that_open_no_connection_have_one_order()
    {
        var race = await StockAsync();
        var report = await race.Does("alice", TakeAsync).Actor("bob", _ => Task.FromResult<object?>("nothing"))
            .ExploreAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
        Assert.Equal(Verdict.Holds, report.Verdict);
    }
}
