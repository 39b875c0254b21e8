using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.AdvisoryLocks;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.AdvisoryLocks;

/// <summary>A wait with a bound leaves the transaction as it was, however it ends.</summary>
public sealed class TransactionWaitTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly string _name = AdvisoryDatabase.NewName();

    [Fact]
    public async Task A_wait_that_is_over_is_an_error_that_names_the_key_and_the_time()
    {
        await using var holder = await database.HoldAsync(_name);
        var (context, _) = await database.BeginAsync();
        await using var one = context;

        var error = await Assert.ThrowsAsync<LockTimeoutException>(() => context.AdvisoryLockAsync(_name, wait: Short));

        Assert.Equal([_name], error.Keys);
        Assert.True(error.Waited >= Short);
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, Assert.IsType<PostgresException>(error.InnerException).SqlState);
    }

    [Fact]
    public async Task The_transaction_goes_on_after_it_with_what_it_wrote_and_held()
    {
        var id = await database.NewStockAsync(1);
        var free = AdvisoryDatabase.NewName();
        var mine = AdvisoryDatabase.NewName();
        await using var holder = await database.HoldAsync(_name);
        var (context, transaction) = await database.BeginAsync();
        await using var one = context;
        await context.AdvisoryLockAsync(mine);
        (await context.Stocks.SingleAsync(s => s.Id == id)).Quantity = 2;
        await context.SaveChangesAsync();

        await Assert.ThrowsAsync<LockTimeoutException>(() => context.AdvisoryLockAsync([free, _name], wait: Short));

        Assert.False(await database.IsFreeAsync(mine));
        Assert.True(await database.IsFreeAsync(free));
        await transaction.CommitAsync();
        Assert.Equal(2, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task Trying_for_a_time_is_false_when_it_is_over()
    {
        await using var holder = await database.HoldAsync(_name);
        var (context, transaction) = await database.BeginAsync();
        await using var one = context;

        Assert.False(await context.TryAdvisoryLockAsync(_name, wait: Short));

        await transaction.CommitAsync();
    }

    [Fact]
    public async Task Trying_for_a_time_is_true_when_it_becomes_free_in_time()
    {
        var holder = await database.HoldAsync(_name);
        var (context, _) = await database.BeginAsync();
        await using var one = context;
        var trying = context.TryAdvisoryLockAsync(_name, wait: Long);
        await database.UntilWaitingBehindAsync(holder.Pid);

        await holder.DisposeAsync();

        Assert.True(await trying);
        Assert.False(await database.IsFreeAsync(_name));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("7s")]
    public async Task The_setting_is_put_back_after_success_and_after_failure(string? configured)
    {
        await using var holder = await database.HoldAsync(_name);
        var (context, _) = await database.BeginAsync();
        await using var one = context;
        if (configured is not null)
        {
            await context.Database.ExecuteSqlRawAsync("SELECT set_config('lock_timeout', {0}, true)", configured);
        }

        var before = await context.SettingAsync("lock_timeout");

        Assert.True(await context.TryAdvisoryLockAsync(AdvisoryDatabase.NewName(), wait: Long));
        Assert.Equal(before, await context.SettingAsync("lock_timeout"));
        Assert.False(await context.TryAdvisoryLockAsync(_name, wait: Short));
        Assert.Equal(before, await context.SettingAsync("lock_timeout"));
        Assert.Equal(configured ?? "0", before);
    }

    [Fact]
    public async Task No_savepoint_is_left_behind()
    {
        await using var holder = await database.HoldAsync(_name);
        var (context, _) = await database.BeginAsync();
        await using var one = context;
        await context.TryAdvisoryLockAsync(AdvisoryDatabase.NewName(), wait: Long);
        await context.TryAdvisoryLockAsync([AdvisoryDatabase.NewName(), AdvisoryDatabase.NewName()]);
        await context.TryAdvisoryLockAsync(_name, wait: Short);
        await context.TryAdvisoryLockAsync([_name, AdvisoryDatabase.NewName()]);

        var error = await Assert.ThrowsAsync<PostgresException>(() => context.Database.ExecuteSqlRawAsync("RELEASE SAVEPOINT tiebreak_advisory_lock"));

        Assert.Equal("3B001", error.SqlState);
    }

    [Fact]
    public async Task The_transactions_own_bound_makes_the_same_error_and_ends_the_transaction()
    {
        await using var holder = await database.HoldAsync(_name);
        var (context, _) = await database.BeginAsync();
        await using var one = context;
        await context.Database.ExecuteSqlRawAsync("SET LOCAL lock_timeout = 30");

        var error = await Assert.ThrowsAsync<LockTimeoutException>(() => context.AdvisoryLockAsync(_name));

        Assert.Equal([_name], error.Keys);
        var next = await Assert.ThrowsAsync<PostgresException>(() => context.AdvisoryLockAsync(_name, wait: Short));
        Assert.Equal(PostgresErrorCodes.InFailedSqlTransaction, next.SqlState);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cancelled_wait_is_a_cancellation_and_nothing_waits_on(bool bounded)
    {
        await using var holder = await database.HoldAsync(_name);
        var (context, transaction) = await database.BeginAsync();
        await using var one = context;
        using var cancellation = new CancellationTokenSource();
        var waiting = context.AdvisoryLockAsync(_name, wait: bounded ? Long : null, cancellationToken: cancellation.Token);
        await database.UntilWaitingBehindAsync(holder.Pid);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await database.UntilAsync($"SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE {holder.Pid} = ANY (pg_blocking_pids(pid)))");
        if (bounded)
        {
            Assert.Equal("0", await context.SettingAsync("lock_timeout"));
            await transaction.CommitAsync();
        }
    }

    [Fact]
    public async Task A_connection_that_is_lost_while_it_waits_is_the_drivers_error()
    {
        await using var holder = await database.HoldAsync(_name);
        var (context, _) = await database.BeginAsync();
        await using var one = context;
        var waiting = context.AdvisoryLockAsync(_name, wait: Long);
        await database.UntilWaitingBehindAsync(holder.Pid);

        await database.ExecuteAsync($"SELECT pg_terminate_backend({context.Pid()})");

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => waiting);
    }

    [Fact]
    public async Task The_drivers_shorter_timeout_does_not_come_first()
    {
        var holder = await database.HoldAsync(_name);
        var (context, _) = await database.BeginAsync();
        await using var one = context;
        context.Database.SetCommandTimeout(1);

        // The server's bound is past the driver's: were it the driver's that counts, another error would come.
        await Assert.ThrowsAsync<LockTimeoutException>(() => context.AdvisoryLockAsync(_name, wait: TimeSpan.FromMilliseconds(1500)));

        await holder.DisposeAsync();
    }
}
