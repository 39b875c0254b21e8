using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.AdvisoryLocks;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.AdvisoryLocks;

/// <summary>What holds and what does not behind a connection pooler, on a real one.</summary>
public sealed class PgBouncerTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private static readonly AdvisoryLockOptions Blindly = new() { ThroughSessionPooler = true };

    private readonly string _name = AdvisoryDatabase.NewName();

    [Fact]
    public async Task In_transaction_mode_the_transactions_lock_lets_in_one_at_a_time()
    {
        Assert.SkipUnless(PgBouncer.IsInstalled, PgBouncer.Missing);
        await using var bouncer = await PgBouncer.StartAsync(database, "transaction");
        await using var source = NpgsqlDataSource.Create(bouncer.ConnectionString);
        var contexts = StockDatabase.ContextsOn(source);
        var id = await database.NewStockAsync(0);
        var (inside, most, served) = (0, 0, new System.Collections.Concurrent.ConcurrentDictionary<int, int>());

        await Task.WhenAll(Enumerable.Range(0, 40).Select(caller => Task.Run(() => contexts.AtomicAsync(
            async (db, ct) =>
            {
                if (caller % 2 == 0)
                {
                    await db.AdvisoryLockAsync(_name, cancellationToken: ct);
                }
                else
                {
                    await db.AdvisoryLockAsync(_name, wait: TimeSpan.FromMinutes(1), cancellationToken: ct);
                }

                most = Math.Max(most, Interlocked.Increment(ref inside));
                served.TryAdd(await db.Database.SqlQueryRaw<int>("SELECT pg_backend_pid() AS \"Value\"").SingleAsync(ct), caller);
                var stock = await db.Stocks.SingleAsync(s => s.Id == id, ct);
                stock.Quantity++;
                await db.SaveChangesAsync(ct);
                Interlocked.Decrement(ref inside);
            },
            new AtomicOptions { LockWait = TimeSpan.FromMinutes(1) }))));

        Assert.Equal(40, await database.QuantityAsync(id));
        Assert.Equal(1, most);
        Assert.True(served.Count > 1, "All ran on one server connection, so nothing was shown.");
        Assert.True(await database.IsFreeAsync(_name));
    }

    [Fact]
    public async Task In_transaction_mode_a_bounded_wait_ends_and_leaves_no_setting_to_the_next_client()
    {
        Assert.SkipUnless(PgBouncer.IsInstalled, PgBouncer.Missing);
        await using var bouncer = await PgBouncer.StartAsync(database, "transaction", servers: 1);
        await using var source = NpgsqlDataSource.Create(bouncer.ConnectionString);
        await using var holder = await database.HoldAsync(_name);
        await using (var context = await StockDatabase.ContextsOn(source).CreateDbContextAsync())
        {
            await using var transaction = await context.Database.BeginTransactionAsync();
            Assert.False(await context.TryAdvisoryLockAsync(_name, wait: TimeSpan.FromMilliseconds(30)));
            Assert.True(await context.TryAdvisoryLockAsync(AdvisoryDatabase.NewName(), wait: TimeSpan.FromMilliseconds(30)));
            await transaction.CommitAsync();
        }

        await using var next = source.CreateCommand("SELECT current_setting('lock_timeout')");
        Assert.Equal("0", await next.ExecuteScalarAsync());
    }

    [Fact]
    public async Task In_transaction_mode_the_sessions_lock_is_refused_and_nothing_is_locked()
    {
        Assert.SkipUnless(PgBouncer.IsInstalled, PgBouncer.Missing);
        await using var bouncer = await PgBouncer.StartAsync(database, "transaction");
        await using var source = NpgsqlDataSource.Create(bouncer.ConnectionString);

        var error = await Assert.ThrowsAsync<AdvisoryLockNotPossibleException>(() => StockDatabase.ContextsOn(source).AcquireAdvisoryLockAsync(_name));

        Assert.Contains("pooler", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<AdvisoryLockNotPossibleException>(() => source.TryAcquireAdvisoryLockAsync(_name));
        Assert.True(await database.IsFreeAsync(_name));
    }

    /// <summary>Why it is refused. Should this ever fail, the pooler has learned to keep sessions apart.</summary>
    [Fact]
    public async Task In_transaction_mode_a_sessions_lock_that_is_taken_all_the_same_has_two_holders_at_once()
    {
        Assert.SkipUnless(PgBouncer.IsInstalled, PgBouncer.Missing);
        await using var bouncer = await PgBouncer.StartAsync(database, "transaction", servers: 1);
        await using var source = NpgsqlDataSource.Create(bouncer.ConnectionString);

        await using var first = await source.TryAcquireAdvisoryLockAsync(_name, Blindly);
        await using var second = await source.TryAcquireAdvisoryLockAsync(_name, Blindly);

        Assert.NotNull(first);
        Assert.NotNull(second);
    }

    [Fact]
    public async Task In_session_mode_the_sessions_lock_holds_once_the_caller_vouches_for_the_mode()
    {
        Assert.SkipUnless(PgBouncer.IsInstalled, PgBouncer.Missing);
        await using var bouncer = await PgBouncer.StartAsync(database, "session");
        await using var source = NpgsqlDataSource.Create(bouncer.ConnectionString);
        await Assert.ThrowsAsync<AdvisoryLockNotPossibleException>(() => source.AcquireAdvisoryLockAsync(_name));

        var held = await source.AcquireAdvisoryLockAsync(_name, Blindly);

        Assert.Null(await source.TryAcquireAdvisoryLockAsync(_name, Blindly));
        Assert.False(await database.IsFreeAsync(_name));
        await held.DisposeAsync();
        Assert.True(await database.IsFreeAsync(_name));
    }
}
