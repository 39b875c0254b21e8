using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.RowLocks;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Transactions;

public sealed class AtomicBoundsTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private static readonly AtomicOptions ShortWait = AtomicOptions.Default with { LockWait = TimeSpan.FromMilliseconds(150) };

    [Fact]
    public async Task A_lock_that_is_not_to_be_had_in_time_ends_in_a_lock_timeout_and_changes_nothing()
    {
        var mine = await database.NewStockAsync(10);
        var held = await database.NewStockAsync(10);
        await using var holder = await database.HoldAsync(held);
        var attempts = 0;

        var timeout = await Assert.ThrowsAsync<LockTimeoutException>(() => database.Contexts.AtomicAsync(
            async (db, token) =>
            {
                attempts++;
                (await db.Stocks.SingleAsync(s => s.Id == mine, token)).Quantity = 0;
                await db.SaveChangesAsync(token);
                await db.Stocks.Where(s => s.Id == held).ForUpdate().SingleAsync(token);
            },
            ShortWait));

        Assert.Equal(1, attempts);
        Assert.Equal(1, timeout.Attempts);
        Assert.InRange(timeout.Waited, ShortWait.LockWait, TimeSpan.FromSeconds(30));
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, SqlStates.Find(timeout)?.SqlState);
        Assert.Equal(10, await database.QuantityAsync(mine));
    }

    [Fact]
    public async Task A_write_that_waits_too_long_ends_in_a_lock_timeout_through_EF_Cores_wrapping()
    {
        var held = await database.NewStockAsync(10);
        await using var holder = await database.HoldAsync(held);

        await Assert.ThrowsAsync<LockTimeoutException>(() => database.Contexts.AtomicAsync(
            async (db, token) =>
            {
                (await db.Stocks.SingleAsync(s => s.Id == held, token)).Quantity = 0;
                await db.SaveChangesAsync(token);
            },
            ShortWait));
    }

    [Fact]
    public async Task A_wait_for_a_lock_that_may_be_longer_than_a_statement_ends_as_a_lock_timeout_all_the_same()
    {
        var held = await database.NewStockAsync(10);
        await using var holder = await database.HoldAsync(held);

        await Assert.ThrowsAsync<LockTimeoutException>(() => database.Contexts.AtomicAsync(
            async (db, token) => await db.Stocks.Where(s => s.Id == held).ForUpdate().SingleAsync(token),
            AtomicOptions.Default with { LockWait = TimeSpan.FromMilliseconds(200), StatementTimeout = TimeSpan.FromMilliseconds(100) }));
    }

    [Fact]
    public async Task The_drivers_own_timeout_does_not_end_a_wait_that_the_options_allow()
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { CommandTimeout = 1 }.ConnectionString);
        var held = await database.NewStockAsync(10);
        await using var holder = await database.HoldAsync(held);

        await Assert.ThrowsAsync<LockTimeoutException>(() => StockDatabase.ContextsOn(source).AtomicAsync(
            async (db, token) => await db.Stocks.Where(s => s.Id == held).ForUpdate().SingleAsync(token),
            AtomicOptions.Default with { LockWait = TimeSpan.FromMilliseconds(1500) }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_bounds_do_not_stay_on_the_pooled_connection(bool blockFails)
    {
        // One connection, which the pool hands out as it came back: what stayed on it would be seen.
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            MaxPoolSize = 1,
            NoResetOnClose = true,
        }.ConnectionString);
        var contexts = StockDatabase.ContextsOn(source);
        const string Settings = "SELECT pg_backend_pid() || ' ' || current_setting('lock_timeout') || ' ' || current_setting('statement_timeout')";
        var before = await ScalarAsync(source, Settings);
        string? during = null;

        var outcome = await Record.ExceptionAsync(() => contexts.AtomicAsync(
            async (db, token) =>
            {
                during = (await db.Database.SqlQueryRaw<string>(Settings + " AS \"Value\"").ToListAsync(token)).Single();
                if (blockFails)
                {
                    throw new InvalidOperationException("The block's own error.");
                }
            },
            AtomicOptions.Default with { LockWait = TimeSpan.FromMilliseconds(1234), StatementTimeout = TimeSpan.FromMilliseconds(5678) }));

        Assert.Equal(blockFails, outcome is InvalidOperationException);
        Assert.EndsWith(" 1234ms 5678ms", during, StringComparison.Ordinal);
        Assert.Equal(before, await ScalarAsync(source, Settings));
    }

    [Fact]
    public async Task Cancellation_during_a_wait_rolls_back_and_leaves_nothing_open()
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { ApplicationName = "cancelled" }.ConnectionString);
        var mine = await database.NewStockAsync(10);
        var held = await database.NewStockAsync(10);
        await using var holder = await database.HoldAsync(held);
        using var cancel = new CancellationTokenSource();

        var block = StockDatabase.ContextsOn(source).AtomicAsync(
            async (db, token) =>
            {
                (await db.Stocks.SingleAsync(s => s.Id == mine, token)).Quantity = 0;
                await db.SaveChangesAsync(token);
                await db.Stocks.Where(s => s.Id == held).ForUpdate().SingleAsync(token);
            },
            AtomicOptions.Default with { LockWait = TimeSpan.FromSeconds(60), StatementTimeout = TimeSpan.FromSeconds(90) },
            cancel.Token);
        await database.UntilWaitingBehindAsync(holder.Pid);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => block);
        Assert.Equal(10, await database.QuantityAsync(mine));
        Assert.Equal(0L, await database.ScalarAsync("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cancelled' AND state <> 'idle'"));
        Assert.Equal(0L, await database.ScalarAsync("SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE application_name = 'cancelled'"));
    }

    [Fact]
    public async Task Cancellation_between_attempts_ends_the_pause()
    {
        using var cancel = new CancellationTokenSource();
        var attempts = 0;

        // Up to a minute of pause, drawn evenly: it would have to be among the shortest to end in time by itself.
        var block = database.Contexts.AtomicAsync(
            async (db, token) =>
            {
                attempts++;
                await cancel.CancelAsync();
                await db.Database.ExecuteSqlAsync($"SELECT raise_error('40001')", CancellationToken.None);
            },
            AtomicOptions.Default with { RetryDelay = TimeSpan.FromMinutes(1), MaxRetryDelay = TimeSpan.FromMinutes(1) },
            cancel.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => block.WaitAsync(TimeSpan.FromSeconds(5)));

        Assert.Equal(1, attempts);
    }

    [Fact]
    public async Task A_token_that_is_cancelled_after_the_block_does_not_stop_the_commit()
    {
        var id = await database.NewStockAsync(10);
        using var cancel = new CancellationTokenSource();

        await database.Contexts.AtomicAsync(
            async (db, token) =>
            {
                (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 3;
                await db.SaveChangesAsync(token);
                await cancel.CancelAsync();
            },
            cancellationToken: cancel.Token);

        Assert.Equal(3, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task The_blocks_own_error_rolls_back_and_is_passed_on_as_it_is()
    {
        var id = await database.NewStockAsync(10);
        var own = new InvalidOperationException("The block's own error.");

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => database.Contexts.AtomicAsync(async (db, token) =>
        {
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 0;
            await db.SaveChangesAsync(token);
            throw own;
        }));

        Assert.Same(own, thrown);
        Assert.Equal(10, await database.QuantityAsync(id));
    }

    private static async Task<object?> ScalarAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
