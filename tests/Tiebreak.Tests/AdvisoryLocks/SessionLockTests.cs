using System.Transactions;
using Npgsql;
using Tiebreak.AdvisoryLocks;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.AdvisoryLocks;

public sealed class SessionLockTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private static readonly AdvisoryLockOptions Shortly = new() { Wait = TimeSpan.FromMilliseconds(30) };

    private readonly string _name = AdvisoryDatabase.NewName();

    [Fact]
    public async Task Two_handles_of_one_process_exclude_each_other()
    {
        var first = await database.Contexts.AcquireAdvisoryLockAsync(_name);
        Assert.Null(await database.Contexts.TryAcquireAdvisoryLockAsync(_name));
        Assert.Null(await database.Source.TryAcquireAdvisoryLockAsync(_name, Shortly));

        await first.DisposeAsync();

        await using var second = await database.Source.TryAcquireAdvisoryLockAsync(_name);
        Assert.NotNull(second);
    }

    [Fact]
    public async Task Many_at_once_are_never_two_inside()
    {
        var inside = 0;
        var most = 0;
        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(async () =>
        {
            await using var held = await database.Contexts.AcquireAdvisoryLockAsync(_name);
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await database.ScalarAsync("SELECT 1");
            Interlocked.Decrement(ref inside);
        })));

        Assert.Equal(1, most);
    }

    [Fact]
    public async Task It_keeps_out_a_transactions_lock_of_the_same_name_and_the_other_way_round()
    {
        var held = await database.Contexts.AcquireAdvisoryLockAsync(_name);
        Assert.False(await database.IsFreeAsync(_name));
        await held.DisposeAsync();
        await using var holder = await database.HoldAsync(_name);
        Assert.Null(await database.Contexts.TryAcquireAdvisoryLockAsync(_name));
    }

    [Fact]
    public async Task Once_disposal_comes_back_the_lock_is_free()
    {
        for (var round = 0; round < 20; round++)
        {
            await (await database.Contexts.AcquireAdvisoryLockAsync(_name)).DisposeAsync();
            Assert.True(await database.IsFreeAsync(_name));
        }
    }

    [Fact]
    public async Task Disposing_twice_and_at_once_is_fine_and_not_a_loss()
    {
        var held = await database.Contexts.AcquireAdvisoryLockAsync(_name);
        await Task.WhenAll(held.DisposeAsync().AsTask(), Task.Run(() => held.DisposeAsync().AsTask()));
        await held.DisposeAsync();
        Assert.False(held.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Its_connection_is_its_own_and_never_goes_to_the_pool()
    {
        var held = await database.Contexts.AcquireAdvisoryLockAsync(_name);
        await held.DisposeAsync();
        await database.UntilAsync($"SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {held.ProcessId})");
    }

    [Fact]
    public async Task Shared_handles_stand_beside_each_other()
    {
        var shared = new AdvisoryLockOptions { Mode = AdvisoryLockMode.Shared };
        await using var first = await database.Contexts.AcquireAdvisoryLockAsync(_name, shared);
        await using var second = await database.Contexts.TryAcquireAdvisoryLockAsync(_name, shared);
        Assert.NotNull(second);
        Assert.Equal(AdvisoryLockMode.Shared, second.Mode);
        Assert.Null(await database.Contexts.TryAcquireAdvisoryLockAsync(_name));
    }

    [Fact]
    public async Task Trying_several_takes_all_or_none()
    {
        var free = AdvisoryDatabase.NewName();
        await using (await database.Contexts.AcquireAdvisoryLockAsync(_name))
        {
            Assert.Null(await database.Contexts.TryAcquireAdvisoryLockAsync([free, _name]));
            Assert.Null(await database.Contexts.TryAcquireAdvisoryLockAsync([free, _name], Shortly));
            Assert.True(await database.IsFreeAsync(free));
        }

        await using var both = await database.Contexts.TryAcquireAdvisoryLockAsync([free, _name, free]);
        Assert.Equal(2, both!.Keys.Count);
        Assert.False(await database.IsFreeAsync(free));
        Assert.False(await database.IsFreeAsync(_name));
    }

    [Fact]
    public async Task A_wait_that_is_over_is_an_error_that_names_the_key()
    {
        await using var held = await database.Contexts.AcquireAdvisoryLockAsync(_name);
        var error = await Assert.ThrowsAsync<LockTimeoutException>(() => database.Contexts.AcquireAdvisoryLockAsync(_name, Shortly));
        Assert.Equal([_name], error.Keys);
    }

    [Fact]
    public async Task A_waiter_comes_in_when_the_holder_leaves()
    {
        var held = await database.Contexts.AcquireAdvisoryLockAsync(_name);
        var waiting = database.Contexts.AcquireAdvisoryLockAsync(_name);
        await database.UntilWaitingBehindAsync(held.ProcessId);

        await held.DisposeAsync();

        await (await waiting).DisposeAsync();
    }

    [Fact]
    public async Task A_cancelled_waiter_leaves_nothing_behind()
    {
        var held = await database.Contexts.AcquireAdvisoryLockAsync(_name);
        using var cancellation = new CancellationTokenSource();
        var waiting = database.Contexts.AcquireAdvisoryLockAsync(_name, cancellationToken: cancellation.Token);
        await database.UntilWaitingBehindAsync(held.ProcessId);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await held.DisposeAsync();
        await database.UntilFreeAsync(_name);
    }

    [Fact]
    public async Task A_surrounding_scope_neither_holds_nor_ends_it()
    {
        AdvisoryLockHandle held;
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            held = await database.Contexts.AcquireAdvisoryLockAsync(_name);
        }

        Assert.False(await database.IsFreeAsync(_name));
        await held.DisposeAsync();
    }

    [Fact]
    public async Task A_data_source_that_hides_its_password_still_opens_one()
    {
        await using var source = new NpgsqlDataSourceBuilder(database.ConnectionString + ";Persist Security Info=false").Build();
        await using var held = await source.AcquireAdvisoryLockAsync([_name]);
        Assert.False(await database.IsFreeAsync(_name));
    }

    [Fact]
    public async Task A_server_that_ends_idle_sessions_and_long_statements_does_not_end_it()
    {
        // Were the settings not undone, the waiter would end with 57014 and the holder with 57P05.
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Options=-c idle_session_timeout=1500 -c statement_timeout=1500");
        await using var held = await source.AcquireAdvisoryLockAsync(_name);
        var waiting = source.TryAcquireAdvisoryLockAsync(_name, new AdvisoryLockOptions { Wait = TimeSpan.FromSeconds(4) });

        Assert.Null(await waiting);
        Assert.False(held.Lost.IsCancellationRequested);
        Assert.False(await database.IsFreeAsync(_name));
    }

    [Fact]
    public async Task Bad_arguments_are_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => database.Contexts.AcquireAdvisoryLockAsync([]));
        await Assert.ThrowsAsync<ArgumentException>(() => database.Source.TryAcquireAdvisoryLockAsync([]));
        await Assert.ThrowsAsync<ArgumentNullException>(() => ((NpgsqlDataSource)null!).AcquireAdvisoryLockAsync(_name));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdvisoryLockOptions { KeepAlive = TimeSpan.FromMilliseconds(999) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdvisoryLockOptions { Mode = (AdvisoryLockMode)7 });
    }
}
