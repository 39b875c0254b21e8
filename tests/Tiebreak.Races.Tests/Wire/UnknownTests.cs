using Npgsql;
using Tiebreak.LocalPostgres;
using Tiebreak.Races.Findings;
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
                await session.RunAsync("UPDATE stock SET units = units - 2 WHERE id = 1");
                if (await session.ReadAsync<int>("SELECT units FROM stock WHERE id = 1") == 3)
                {
                    throw new InvalidOperationException("bob is gone");
                }

                await session.RunAsync("COMMIT");
                return "taken";
            })
            .ExploreAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
        Assert.True(report.Verdict is Verdict.Holds, report.ToText());
    }

    [Fact]
    public async Task Actor_that_opens_no_connection_is_unknown()
    {
        var race = await StockAsync();
        var report = await race.Does("alice", TakeAsync).Actor("bob", _ => Task.FromResult<object?>("nothing"))
            .ExploreAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
        Assert.Equal(Verdict.Unknown, report.Verdict);
        Assert.Contains("bob sent no statement", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_that_goes_away_is_unknown()
    {
        var folder = Directory.CreateTempSubdirectory("tiebreak-unknown-").FullName;
        await using var server = await LocalPostgresServer.StartAsync(new LocalPostgresOptions { DataFolder = Path.Combine(folder, "data") });
        var report = await Race.On(server.ConnectionString)
            .Schema("CREATE TABLE stock (id int PRIMARY KEY, units int NOT NULL)").Given("INSERT INTO stock VALUES (1, 5)")
            .Patience(TimeSpan.FromSeconds(2)).TryFixes(false).Warmup(false)
            .Does("alice", TakeAsync)
            .Does("bob", async session =>
            {
                await session.RunAsync("BEGIN");
                await TakeAsync(session);
                await server.DisposeAsync();
                await session.RunAsync("COMMIT");
                return "taken";
            })
            .ExploreAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
        Assert.Equal(Verdict.Unknown, report.Verdict);
        Assert.NotNull(report.Reason);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Scratch_database_that_is_dropped_is_unknown_and_leaves_nothing()
    {
        await using var admin = NpgsqlDataSource.Create(cluster.Server.ConnectionString);
        string? scratch = null;
        var race = await StockAsync();
        var report = await race.Does("alice", TakeAsync)
            .Does("bob", async session =>
            {
                scratch = await session.ReadAsync<string>("SELECT current_database()::text FROM stock");
                await using var drop = admin.CreateCommand($"DROP DATABASE \"{scratch}\" WITH (FORCE)");
                await drop.ExecuteNonQueryAsync(Ct);
                return await TakeAsync(session);
            })
            .ExploreAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
        Assert.Equal(Verdict.Unknown, report.Verdict);
        Assert.NotNull(report.Reason);
        await using var left = admin.CreateCommand($"SELECT count(*) FROM pg_stat_activity WHERE datname = '{scratch}'");
        Assert.Equal(0L, await left.ExecuteScalarAsync(Ct));
    }
}
