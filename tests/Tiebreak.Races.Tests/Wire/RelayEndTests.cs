using Npgsql;
using Tiebreak.Races.Wire;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Wire;

/// <summary>What a gate leaves behind when a run or itself ends.</summary>
public sealed class RelayEndTests(PostgresCluster cluster) : RelayTests(cluster)
{
    [Fact]
    public async Task End_of_a_run_returns_when_the_open_transaction_is_rolled_back()
    {
        var (database, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var direct = NpgsqlDataSource.Create(database);
        await using var locker = await direct.OpenConnectionAsync(Ct);
        for (var round = 0; round < 20; round++)
        {
            await RunAsync(locker, "INSERT INTO stock VALUES (1, 1) ON CONFLICT DO NOTHING");
            await using var scheduler = new ReleasingScheduler(relay);
            await using var connection = await source.OpenConnectionAsync(Ct);
            await RunAsync(connection, "BEGIN");
            await RunAsync(connection, "DELETE FROM stock");
            await relay.EndRunAsync(false, Ct).WaitAsync(Bound, Ct);
            await RunAsync(locker, "BEGIN; SELECT 1 FROM stock FOR UPDATE NOWAIT; ROLLBACK");
        }
    }

    [Fact]
    public async Task End_of_a_run_stops_a_statement_that_waits_for_a_lock()
    {
        var (database, relay, source) = await OpenAsync("", "INSERT INTO stock VALUES (1, 1)");
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var direct = NpgsqlDataSource.Create(database);
        await using var locker = await direct.OpenConnectionAsync(Ct);
        await RunAsync(locker, "BEGIN; UPDATE stock SET units = 2");
        relay.BeginRun(new GateSettings());
        var connection = await source.OpenConnectionAsync(Ct);
        var updating = RunAsync(connection, "UPDATE stock SET units = 3");
        var step = await relay.NextAsync(Ct);
        var answer = step.ReleaseAsync();
        await relay.EndRunAsync(false, Ct).WaitAsync(Bound, Ct);
        Assert.Equal("57014", (await answer.WaitAsync(Bound, Ct)).SqlState);
        await Assert.ThrowsAnyAsync<Exception>(() => updating);
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task Disposal_ends_while_clients_come_and_speak()
    {
        for (var round = 0; round < 30; round++)
        {
            var (_, relay, source) = await OpenedAsync();
            var opening = Enumerable.Range(0, 4).Select(async _ =>
            {
                try
                {
                    await using var connection = await source.OpenConnectionAsync(Ct);
                }
                catch (Exception exception) when (exception is NpgsqlException or IOException)
                {
                }
            }).ToList();
            if (round % 2 == 0)
            {
                await Task.Yield();
            }

            await relay.DisposeAsync().AsTask().WaitAsync(Bound, Ct);
            await Task.WhenAll(opening).WaitAsync(TimeSpan.FromSeconds(30), Ct);
            await source.DisposeAsync();
        }
    }

    private string? _shared;

    private async Task<(string Database, ActorRelay Relay, NpgsqlDataSource Source)> OpenedAsync()
    {
        _shared ??= await Cluster.CreateDatabaseAsync();
        var relay = ActorRelay.Start(_shared, 0, NoFunctions);
        return (_shared, relay, NpgsqlDataSource.Create(relay.ConnectionString));
    }
}
