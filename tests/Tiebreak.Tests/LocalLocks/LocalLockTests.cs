using Tiebreak.LocalLocks;

namespace Tiebreak.Tests.LocalLocks;

public sealed class LocalLockTests
{
    private readonly LocalLock<string> _locks = new();

    [Fact]
    public async Task One_holds_a_key_at_a_time()
    {
        using var held = await _locks.AcquireAsync("a");
        Assert.Null(_locks.TryAcquire("a"));
        Assert.False(_locks.AcquireAsync("a").AsTask().IsCompleted);
    }

    [Fact]
    public async Task Other_keys_do_not_wait()
    {
        using var held = await _locks.AcquireAsync("a");
        using var other = _locks.TryAcquire("b");
        Assert.NotNull(other);
    }

    [Fact]
    public async Task The_comparer_says_which_keys_are_the_same()
    {
        var locks = new LocalLock<string>(StringComparer.OrdinalIgnoreCase);
        using var held = await locks.AcquireAsync("a");
        Assert.Null(locks.TryAcquire("A"));
    }

    [Fact]
    public async Task Waiters_come_in_in_the_order_of_their_arrival()
    {
        var first = await _locks.AcquireAsync("a");
        var came = new List<int>();
        var all = Enumerable.Range(0, 100).Select(async number =>
        {
            using var held = await _locks.AcquireAsync("a");
            came.Add(number);
        }).ToList();

        first.Dispose();
        await Task.WhenAll(all);

        Assert.Equal(Enumerable.Range(0, 100), came);
    }

    [Fact]
    public async Task Nobody_comes_in_before_who_waits()
    {
        var first = await _locks.AcquireAsync("a");
        var waiting = _locks.AcquireAsync("a");

        first.Dispose();

        Assert.Null(_locks.TryAcquire("a"));
        (await waiting).Dispose();
    }

    [Fact]
    public async Task Disposing_twice_gives_it_back_once()
    {
        var first = await _locks.AcquireAsync("a");
        var second = _locks.AcquireAsync("a");
        var third = _locks.AcquireAsync("a");
        first.Dispose();
        using var held = await second;

        first.Dispose();
        Parallel.For(0, 20, _ => first.Dispose());

        Assert.Null(_locks.TryAcquire("a"));
        Assert.False(third.IsCompleted);
    }

    [Fact]
    public async Task A_cancelled_waiter_leaves_the_line_and_those_behind_move_up()
    {
        var first = await _locks.AcquireAsync("a");
        using var cancellation = new CancellationTokenSource();
        var second = _locks.AcquireAsync("a", cancellation.Token).AsTask();
        var third = _locks.AcquireAsync("a");

        await cancellation.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(cancellation.Token, error.CancellationToken);
        first.Dispose();
        (await third).Dispose();
        Assert.Equal(0, _locks.Lines.Count);
    }

    [Fact]
    public async Task A_token_that_is_cancelled_before_takes_no_free_key()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _locks.AcquireAsync("a", new CancellationToken(true)).AsTask());
        Assert.Equal(0, _locks.Lines.Count);
    }

    [Fact]
    public async Task A_wait_that_is_over_is_null_and_costs_the_others_nothing()
    {
        var clock = new SetClock();
        var locks = new LocalLock<string>(time: clock);
        var first = await locks.AcquireAsync("a");
        var second = locks.TryAcquireAsync("a", TimeSpan.FromSeconds(3)).AsTask();
        var third = locks.AcquireAsync("a");

        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.False(second.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await second);
        first.Dispose();
        (await third).Dispose();
        Assert.Equal(0, locks.Lines.Count);
    }

    [Fact]
    public async Task A_turn_that_comes_in_time_stops_the_clock()
    {
        var clock = new SetClock();
        var locks = new LocalLock<string>(time: clock);
        var first = await locks.AcquireAsync("a");
        var second = locks.TryAcquireAsync("a", TimeSpan.FromSeconds(3)).AsTask();

        first.Dispose();
        using var held = await second;

        Assert.NotNull(held);
        Assert.Equal(0, clock.Running);
        Assert.Null(locks.TryAcquire("a"));
    }

    [Fact]
    public async Task A_wait_of_zero_does_not_wait()
    {
        using var held = await _locks.AcquireAsync("a");
        Assert.Null(await _locks.TryAcquireAsync("a", TimeSpan.Zero));
        using var free = await _locks.TryAcquireAsync("b", TimeSpan.Zero);
        Assert.NotNull(free);
    }

    [Fact]
    public async Task The_next_holders_code_does_not_run_inside_the_release()
    {
        using var releasing = new ThreadLocal<bool>();
        var first = await _locks.AcquireAsync("a");
        var ranInside = NextAsync();

        releasing.Value = true;
        first.Dispose();
        releasing.Value = false;

        Assert.False(await ranInside);

        async Task<bool> NextAsync()
        {
            using var held = await _locks.AcquireAsync("a").ConfigureAwait(false);
            return releasing.Value;
        }
    }

    [Fact]
    public async Task All_of_several_are_held_and_given_back_together()
    {
        var held = await _locks.AcquireAllAsync(["b", "a", "b"]);
        Assert.Equal(2, _locks.Lines.Count);
        Assert.Null(_locks.TryAcquire("a"));
        Assert.Null(_locks.TryAcquire("b"));

        held.Dispose();
        held.Dispose();

        Assert.Equal(0, _locks.Lines.Count);
    }

    [Fact]
    public async Task A_cancelled_wait_for_several_holds_none()
    {
        using var second = await _locks.AcquireAsync("b");
        using var cancellation = new CancellationTokenSource();
        var waiting = _locks.AcquireAllAsync(["b", "a"], cancellationToken: cancellation.Token).AsTask();
        Assert.Equal(2, _locks.Lines.Count);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        using var first = _locks.TryAcquire("a");
        Assert.NotNull(first);
    }

    [Fact]
    public async Task Bad_arguments_are_refused()
    {
        Assert.Throws<ArgumentNullException>(() => _locks.TryAcquire(null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => _locks.AcquireAsync(null!).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await _locks.TryAcquireAsync("a", Timeout.InfiniteTimeSpan));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await _locks.TryAcquireAsync("a", TimeSpan.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LocalSemaphore<string>(0));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await new LocalLock<object>().AcquireAllAsync([new object(), new object()]));
    }
}
