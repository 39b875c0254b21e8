using System.Collections.Concurrent;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.AdvisoryLocks;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.AdvisoryLocks;

public sealed class TransactionLockTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private readonly string _name = AdvisoryDatabase.NewName();

    [Fact]
    public async Task Fifty_at_once_that_read_decide_and_write_lose_no_update()
    {
        var id = await database.NewStockAsync(0);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => database.Contexts.AtomicAsync(
            async (db, ct) =>
            {
                await db.AdvisoryLockAsync(_name, cancellationToken: ct);
                var stock = await db.Stocks.SingleAsync(s => s.Id == id, ct);
                stock.Quantity++;
                await db.SaveChangesAsync(ct);
            },
            new AtomicOptions { LockWait = TimeSpan.FromMinutes(1) }))));

        Assert.Equal(50, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task The_lock_is_held_until_the_commit()
    {
        var (context, transaction) = await database.BeginAsync();
        await using var one = context;
        await context.AdvisoryLockAsync(_name);
        Assert.False(await database.IsFreeAsync(_name));
        Assert.False(await database.IsFreeAsync(_name, shared: true));

        await transaction.CommitAsync();

        Assert.True(await database.IsFreeAsync(_name));
    }

    [Fact]
    public async Task A_rollback_gives_it_back()
    {
        var (context, transaction) = await database.BeginAsync();
        await using var one = context;
        await context.AdvisoryLockAsync(_name);

        await transaction.RollbackAsync();

        Assert.True(await database.IsFreeAsync(_name));
    }

    [Fact]
    public async Task Shared_holders_keep_out_an_exclusive_one_and_not_each_other()
    {
        var (first, _) = await database.BeginAsync();
        var (second, _) = await database.BeginAsync();
        await using var one = first;
        await using var two = second;
        await first.AdvisoryLockAsync(_name, AdvisoryLockMode.Shared);
        Assert.True(await second.TryAdvisoryLockAsync(_name, AdvisoryLockMode.Shared));
        Assert.True(await database.IsFreeAsync(_name, shared: true));
        Assert.False(await database.IsFreeAsync(_name));
    }

    [Fact]
    public async Task What_the_holder_before_committed_is_seen_after_the_wait()
    {
        var id = await database.NewStockAsync(1);
        var (first, transaction) = await database.BeginAsync();
        await using var one = first;
        await first.AdvisoryLockAsync(_name);
        (await first.Stocks.SingleAsync(s => s.Id == id)).Quantity = 2;
        await first.SaveChangesAsync();
        var (second, _) = await database.BeginAsync();
        await using var two = second;
        var waiting = second.AdvisoryLockAsync(_name);
        await database.UntilWaitingBehindAsync(first.Pid());

        await transaction.CommitAsync();
        await waiting;

        Assert.Equal(2, (await second.Stocks.SingleAsync(s => s.Id == id)).Quantity);
    }

    [Fact]
    public async Task Several_keys_in_any_order_never_deadlock()
    {
        string[] names = [.. Enumerable.Range(0, 8).Select(_ => AdvisoryDatabase.NewName())];
        var taken = 0;
        await Task.WhenAll(Enumerable.Range(0, 20).Select(seed => Task.Run(async () =>
        {
            var order = new Random(seed);
            for (var round = 0; round < 10; round++)
            {
                var (context, transaction) = await database.BeginAsync();
                await using var one = context;
                var some = names.OrderBy(_ => order.Next()).Take(4).Select(AdvisoryKey.From);
                await context.AdvisoryLockAsync(some);
                Interlocked.Increment(ref taken);
                await transaction.CommitAsync();
            }
        })));

        Assert.Equal(200, taken);
    }

    [Fact]
    public async Task Several_keys_are_one_round_trip_and_a_bounded_wait_is_two()
    {
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        await using var context = await StockDatabase.ContextsOn(source).CreateDbContextAsync();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await context.Stocks.CountAsync();
        var before = wire.RoundTrips.Count;

        await context.AdvisoryLockAsync([1_000_001, 1_000_002, 1_000_003]);
        Assert.Equal(before + 1, wire.RoundTrips.Count);

        await context.AdvisoryLockAsync([1_000_004, 1_000_005], wait: TimeSpan.FromSeconds(5));
        Assert.Equal(before + 3, wire.RoundTrips.Count);

        Assert.True(await context.TryAdvisoryLockAsync(1_000_006));
        Assert.Equal(before + 4, wire.RoundTrips.Count);
    }

    [Fact]
    public async Task Try_answers_at_once_and_the_transaction_goes_on()
    {
        await using var holder = await database.HoldAsync(_name);
        var (context, transaction) = await database.BeginAsync();
        await using var one = context;

        Assert.False(await context.TryAdvisoryLockAsync(_name));
        Assert.True(await context.TryAdvisoryLockAsync(AdvisoryDatabase.NewName()));

        await transaction.CommitAsync();
    }

    [Fact]
    public async Task Trying_several_takes_all_or_none()
    {
        string[] names = [AdvisoryDatabase.NewName(), AdvisoryDatabase.NewName(), AdvisoryDatabase.NewName()];
        var (context, _) = await database.BeginAsync();
        await using var one = context;
        foreach (var held in names)
        {
            await using var holder = await database.HoldAsync(held);
            Assert.False(await context.TryAdvisoryLockAsync(names.Select(AdvisoryKey.From)));
            Assert.All(names.Where(name => name != held), name => Assert.True(database.IsFreeAsync(name).GetAwaiter().GetResult()));
        }

        Assert.True(await context.TryAdvisoryLockAsync(names.Select(AdvisoryKey.From)));
        Assert.All(names, name => Assert.False(database.IsFreeAsync(name).GetAwaiter().GetResult()));
    }

    [Fact]
    public async Task A_key_that_was_held_before_a_failed_try_stays_held()
    {
        var mine = AdvisoryDatabase.NewName();
        var (context, _) = await database.BeginAsync();
        await using var one = context;
        await context.AdvisoryLockAsync(mine);
        await using var holder = await database.HoldAsync(_name);

        Assert.False(await context.TryAdvisoryLockAsync([mine, _name]));

        Assert.False(await database.IsFreeAsync(mine));
    }

    [Fact]
    public async Task A_transaction_scope_counts_and_holds_it()
    {
        using (new TransactionScope(TransactionScopeOption.Required, new TransactionOptions { IsolationLevel = IsolationLevel.ReadCommitted }, TransactionScopeAsyncFlowOption.Enabled))
        {
            await using var context = await database.Contexts.CreateDbContextAsync();
            await context.AdvisoryLockAsync(_name, wait: TimeSpan.FromSeconds(5));
            await context.AdvisoryLockAsync(_name);
            using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
            Assert.False(await database.IsFreeAsync(_name));
        }

        await database.UntilFreeAsync(_name);
    }

    [Fact]
    public async Task A_deadlock_inside_an_atomic_block_is_tried_again()
    {
        var other = AdvisoryDatabase.NewName();
        using var both = new Barrier(2);
        var runs = new ConcurrentQueue<string>();
        Task RunAsync(string first, string second) => Task.Run(() => database.Contexts.AtomicAsync(async (db, ct) =>
        {
            runs.Enqueue(first);
            await db.AdvisoryLockAsync(first, cancellationToken: ct);
            if (runs.Count <= 2)
            {
                both.SignalAndWait(TimeSpan.FromSeconds(20), ct);
            }

            await db.AdvisoryLockAsync(second, wait: TimeSpan.FromSeconds(20), cancellationToken: ct);
        }));

        await Task.WhenAll(RunAsync(_name, other), RunAsync(other, _name));

        Assert.Equal(3, runs.Count);
    }
}
