using Tiebreak.Operations;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Operations;

/// <summary>How many are in a transaction at once, and what becomes of those who wait for their turn.</summary>
public sealed class GuardTurnTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Fact]
    public async Task No_more_than_the_allowed_number_are_in_a_transaction_at_once()
    {
        const int Allowed = 2;
        var ids = new List<int>();
        for (var i = 0; i < 6; i++)
        {
            ids.Add(await database.NewStockAsync(1));
        }

        var inside = 0;
        var most = 0;
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var operation = new TakeOne
        {
            BeforeDecision = async _ =>
            {
                var now = Interlocked.Increment(ref inside);
                lock (full)
                {
                    most = Math.Max(most, now);
                }

                if (now == Allowed)
                {
                    full.TrySetResult();
                }

                await goOn.Task.WaitAsync(TimeSpan.FromSeconds(30));
                Interlocked.Decrement(ref inside);
            },
        };
        using var guard = new RowLockGuard<StockContext>(database.Contexts, new TransactionGuardOptions { MaxConcurrency = Allowed });

        // A turn is asked for before the call comes back: the first two have theirs, and four are in the queue.
        var runs = ids.Select(id => guard.RunAsync(operation, new TakeOne.Request(id, $"turn-{id}"))).ToList();
        await full.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(Allowed, operation.Attempts);
        goOn.SetResult();

        Assert.All(await Task.WhenAll(runs), answer => Assert.Equal(Taken.Yes, answer));
        Assert.Equal(Allowed, most);
    }

    [Fact]
    public async Task A_wait_for_a_turn_that_takes_too_long_is_busy_with_its_keys_and_nothing_was_begun()
    {
        var (held, other) = (await database.NewStockAsync(1), await database.NewStockAsync(1));
        await using var full = await FullAsync(held, TimeSpan.FromMilliseconds(100));
        var operation = new TakeOne();

        var busy = await Assert.ThrowsAsync<BusyException>(() => full.Guard.RunAsync(operation, new TakeOne.Request(other, "late")));

        Assert.Equal([$"another/{other}", $"stock/{other}"], busy.Keys);
        Assert.Equal(0, busy.Attempts);
        Assert.InRange(busy.Waited, TimeSpan.FromMilliseconds(90), TimeSpan.FromMinutes(1));
        Assert.Equal(0, operation.Attempts);
    }

    [Fact]
    public async Task A_withdrawn_request_leaves_the_queue_and_takes_no_turn_with_it()
    {
        var (held, other) = (await database.NewStockAsync(1), await database.NewStockAsync(1));
        using var withdraw = new CancellationTokenSource();
        Task<Taken> late;
        await using (var full = await FullAsync(held, TimeSpan.FromSeconds(30)))
        {
            late = full.Guard.RunAsync(new TakeOne(), new TakeOne.Request(other, "withdrawn"), withdraw.Token);
            await withdraw.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late);
            full.GoOn();
            Assert.Equal(Taken.Yes, await full.Holder);
            Assert.Equal(Taken.Yes, await full.Guard.RunAsync(new TakeOne(), new TakeOne.Request(other, "next")));
        }
    }

    [Fact]
    public async Task A_turn_comes_back_after_an_error()
    {
        var id = await database.NewStockAsync(1);
        using var guard = new RowLockGuard<StockContext>(database.Contexts, new TransactionGuardOptions { MaxConcurrency = 1, QueueWait = TimeSpan.FromSeconds(1) });
        var failing = new TakeOne { BeforeDecision = _ => throw new InvalidOperationException("The operation's own error.") };

        await Assert.ThrowsAsync<InvalidOperationException>(() => guard.RunAsync(failing, new TakeOne.Request(id, "failing")));

        Assert.Equal(Taken.Yes, await guard.RunAsync(new TakeOne(), new TakeOne.Request(id, "after")));
    }

    [Fact]
    public async Task The_wait_that_a_busy_answer_states_includes_the_wait_for_the_turn()
    {
        var (held, locked) = (await database.NewStockAsync(1), await database.NewStockAsync(1));
        var time = new SetTime();
        await using var holder = await database.HoldAsync(locked);
        await using var full = await FullAsync(held, TimeSpan.FromSeconds(30), time);

        var late = full.Guard.RunAsync(new TakeOne(), new TakeOne.Request(locked, "waits"));
        time.Forward(TimeSpan.FromSeconds(7));
        full.GoOn();

        var busy = await Assert.ThrowsAsync<LockTimeoutException>(() => late);
        Assert.Equal(TimeSpan.FromSeconds(7), busy.Waited);
    }

    /// <summary>A guard with one turn, which is taken.</summary>
    private async Task<FullGuard> FullAsync(int heldStock, TimeSpan queueWait, TimeProvider? time = null)
    {
        var guard = new RowLockGuard<StockContext>(
            database.Contexts,
            new TransactionGuardOptions { MaxConcurrency = 1, QueueWait = queueWait, Transaction = AtomicOptions.Default with { LockWait = TimeSpan.FromMilliseconds(200) } },
            time);
        var inside = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var operation = new TakeOne
        {
            BeforeDecision = _ =>
            {
                inside.SetResult();
                return goOn.Task;
            },
        };
        var holder = guard.RunAsync(operation, new TakeOne.Request(heldStock, $"holder-{heldStock}"));
        await inside.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return new FullGuard(guard, holder, goOn);
    }

    private sealed record FullGuard(RowLockGuard<StockContext> Guard, Task<Taken> Holder, TaskCompletionSource Continue) : IAsyncDisposable
    {
        public void GoOn() => Continue.TrySetResult();

        public async ValueTask DisposeAsync()
        {
            GoOn();
            await Holder;
            Guard.Dispose();
        }
    }
}
