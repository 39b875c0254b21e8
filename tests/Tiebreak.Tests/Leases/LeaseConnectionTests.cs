using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL;
using Tiebreak.Leases;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Leases;

/// <summary>Leases beside transactions, pools, retries and broken connections.</summary>
public sealed class LeaseConnectionTests(LeaseDatabase database) : IClassFixture<LeaseDatabase>
{
    [Fact]
    public async Task A_lease_taken_within_a_transaction_scope_is_not_part_of_it()
    {
        Lease lease;
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            lease = await database.Store().AcquireAsync("scope");
            Assert.NotNull(Transaction.Current);
            Assert.Equal(lease.Token, await OutsideAsync());
        }

        Assert.Equal(lease.Token, (await database.RowAsync("scope")).Token);
        await lease.RenewAsync();

        async Task<object?> OutsideAsync()
        {
            using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
            return await database.ScalarAsync("SELECT token FROM leases WHERE name = 'scope'");
        }
    }

    [Fact]
    public async Task A_held_lease_keeps_no_connection()
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Maximum Pool Size=1;Timeout=5");
        var store = new LeaseStore<LeaseContext>(LeaseDatabase.ContextsOn(source));

        await using var one = await store.AcquireAsync("pool 1");
        await using var two = await store.AcquireAsync("pool 2");
        await using var connection = await source.OpenConnectionAsync();

        Assert.NotEqual(one.Id.Acquisition, two.Id.Acquisition);
    }

    [Fact]
    public async Task Works_on_a_pooled_factory_with_a_retrying_strategy()
    {
        await using var services = new ServiceCollection()
            .AddPooledDbContextFactory<LeaseContext>(options => options.UseNpgsql(database.Source, npgsql => npgsql.EnableRetryOnFailure()))
            .BuildServiceProvider();
        var store = new LeaseStore<LeaseContext>(services.GetRequiredService<IDbContextFactory<LeaseContext>>());

        await using (var lease = await store.AcquireAsync("pooled"))
        {
            await lease.RenewAsync();
            Assert.Null(await store.TryAcquireAsync("pooled"));
        }

        await using var again = await store.TryAcquireAsync("pooled");
        Assert.NotNull(again);
    }

    [Fact]
    public async Task A_lease_whose_answer_was_lost_on_the_wire_is_given_back()
    {
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        var store = new LeaseStore<LeaseContext>(LeaseDatabase.ContextsOn(source), LeaseDatabase.Still);
        await (await store.AcquireAsync("lost answer")).DisposeAsync();
        var before = (await database.RowAsync("lost answer")).Token;

        wire.CutAtAnswerTo("SELECT");
        await Assert.ThrowsAsync<ConnectionLostException>(() => store.TryAcquireAsync("lost answer"));

        // It had been taken, and is free again.
        Assert.Equal(before + 1, (await database.RowAsync("lost answer")).Token);
        await using var next = await database.Store().TryAcquireAsync("lost answer");
        Assert.NotNull(next);
    }

    [Fact]
    public async Task A_retrying_strategy_finds_the_lease_that_it_has_taken_before_its_connection_was_lost()
    {
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        var contexts = LeaseDatabase.ContextsOn(source, npgsql => npgsql.ExecutionStrategy(
            dependencies => new Repaired(dependencies, () => wire.CutAtAnswerTo("nothing"))));
        var store = new LeaseStore<LeaseContext>(contexts, LeaseDatabase.Still);
        await (await store.AcquireAsync("retried", 2)).DisposeAsync();

        wire.CutAtAnswerTo("SELECT");
        await using var lease = await store.TryAcquireAsync("retried", 2);

        Assert.NotNull(lease);
        await lease.RenewAsync();
        await using var other = await database.Store().TryAcquireAsync("retried", 2);
        Assert.NotNull(other);
        Assert.NotEqual(lease.Slot, other.Slot);
    }

    [Fact]
    public async Task A_connection_that_is_ended_while_the_lease_is_asked_for_is_told_as_lost()
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Application Name=asked");
        var store = new LeaseStore<LeaseContext>(LeaseDatabase.ContextsOn(source), LeaseDatabase.Still);
        await (await store.AcquireAsync("asked")).DisposeAsync();
        await database.ExecuteAsync("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'asked'");

        await Assert.ThrowsAsync<ConnectionLostException>(() => store.TryAcquireAsync("asked"));

        await using var lease = await store.TryAcquireAsync("asked");
        Assert.NotNull(lease);
    }

    [Fact]
    public async Task A_connection_that_is_ended_while_a_lease_is_renewed_is_told_as_lost_and_the_lease_is_held_on()
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Application Name=renewed");
        var store = new LeaseStore<LeaseContext>(LeaseDatabase.ContextsOn(source), LeaseDatabase.Still);
        await using var lease = await store.AcquireAsync("renewed");
        await database.ExecuteAsync("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'renewed'");

        await Assert.ThrowsAsync<ConnectionLostException>(() => lease.RenewAsync());

        Assert.False(lease.IsLost);
        await lease.RenewAsync();
    }

    [Fact]
    public async Task A_server_whose_default_is_SERIALIZABLE_still_gives_it_to_exactly_one()
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Options=-c default_transaction_isolation=serializable");
        var store = new LeaseStore<LeaseContext>(LeaseDatabase.ContextsOn(source), LeaseDatabase.Still);
        await (await store.AcquireAsync("serializable")).DisposeAsync();

        var leases = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => store.TryAcquireAsync("serializable"))));

        Assert.Single(leases, lease => lease is not null);
    }

    [Fact]
    public async Task A_cancelled_try_is_cancelled_and_nothing_is_held()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => database.Store().TryAcquireAsync("cancelled", 1, new CancellationToken(canceled: true)));

        await using var lease = await database.Store().TryAcquireAsync("cancelled");
        Assert.NotNull(lease);
    }

    [Fact]
    public async Task A_try_that_is_cancelled_under_way_holds_nothing()
    {
        await using var source = NpgsqlDataSource.Create(await database.NewDatabaseAsync());
        var contexts = LeaseDatabase.ContextsOn(source);
        await using (var db = await contexts.CreateDbContextAsync())
        {
            await db.Database.EnsureCreatedAsync();
        }

        var store = new LeaseStore<LeaseContext>(contexts, LeaseDatabase.Still);
        await (await store.AcquireAsync("under way")).DisposeAsync();
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("LOCK TABLE leases", connection, transaction);
        await hold.ExecuteNonQueryAsync();
        using var cancel = new CancellationTokenSource();
        var under = store.TryAcquireAsync("under way", cancellationToken: cancel.Token);
        await LeaseDatabase.UntilAsync(
            async () =>
            {
                await using var waiting = source.CreateCommand("SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
                return await waiting.ExecuteScalarAsync() is true;
            },
            "the try waits for the table");

        await cancel.CancelAsync();
        await transaction.CommitAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => under);
        await using var lease = await store.TryAcquireAsync("under way");
        Assert.NotNull(lease);
    }

    private sealed class Repaired(ExecutionStrategyDependencies dependencies, Action repair) : NpgsqlRetryingExecutionStrategy(dependencies)
    {
        protected override void OnRetry() => repair();
    }
}
