using System.Data;
using Tiebreak.Lanes;
using Tiebreak.LocalLocks;
using Tiebreak.Operations;
using Tiebreak.Tests.Lanes;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Operations;

/// <summary>Options and situations in which a guard would be wrong or would wait without an end.</summary>
public sealed class GuardBoundsTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private static readonly AtomicOptions Snapshot = AtomicOptions.Default with { IsolationLevel = IsolationLevel.RepeatableRead };

    [Fact]
    public void Guards_that_lock_refuse_a_snapshot_from_before_the_lock()
    {
        var options = new TransactionGuardOptions { Transaction = Snapshot };
        Action[] guards =
        [
            () => new RowLockGuard<StockContext>(database.Contexts, options).Dispose(),
            () => new UpdateFirstGuard<StockContext>(database.Contexts, options).Dispose(),
            () => new AdvisoryLockGuard<StockContext>(database.Contexts, options).Dispose(),
            () => _ = new LaneGuard<StockContext>(database.Contexts, new LaneGuardOptions { Transaction = Snapshot }),
        ];

        Assert.All(guards, guard => Assert.Contains("OptimisticGuard", Assert.Throws<ArgumentException>(guard).Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wait_for_a_key_of_this_process_that_takes_too_long_is_busy_with_the_keys()
    {
        var id = await database.NewStockAsync(10);
        var inside = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var operation = new TakeOne
        {
            BeforeDecision = _ =>
            {
                inside.TrySetResult();
                return goOn.Task;
            },
        };
        using var guard = new LocalLockGuard<StockContext>(database.Contexts, new TransactionGuardOptions { QueueWait = TimeSpan.FromMilliseconds(100) });
        var holder = guard.RunAsync(operation, new TakeOne.Request(id, $"holder-{id}"));
        await inside.Task.WaitAsync(TimeSpan.FromSeconds(30));

        var waiting = guard.RunAsync(operation, new TakeOne.Request(id, $"waits-{id}"));
        var busy = await Assert.ThrowsAsync<BusyException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.Equal([$"another/{id}", $"stock/{id}"], busy.Keys);
        goOn.SetResult();
        Assert.Equal(Taken.Yes, await holder);
        Assert.Equal(Taken.Yes, await guard.RunAsync(new TakeOne(), new TakeOne.Request(id, $"after-{id}")));
    }

    [Fact]
    public async Task Keys_that_differ_only_in_case_are_taken_in_one_order_by_a_lock_that_does_not_see_case()
    {
        var locks = new LocalLock<string>(StringComparer.OrdinalIgnoreCase);
        var ofB = await locks.AcquireAsync("b");
        var first = locks.AcquireAllAsync(["a", "B"]).AsTask();
        var second = locks.AcquireAllAsync(["A", "b"]).AsTask();

        ofB.Dispose();
        foreach (var held in new[] { first, second })
        {
            (await held.WaitAsync(TimeSpan.FromSeconds(60))).Dispose();
        }
    }

    [Fact]
    public async Task One_object_that_is_two_operations_has_a_line_for_each()
    {
        var id = await database.NewStockAsync(5);
        await using var lane = await HeldLane.StartAsync(database);
        var both = new TwoInOne();

        var text = lane.Guard.RunAsync<string, int, string>(both, "a");
        var number = lane.Guard.RunAsync<int, int, int>(both, 1);
        lane.LetGo();

        Assert.Equal("a", await text);
        Assert.Equal(1, await number);
        Assert.Equal(Taken.Yes, await lane.RunAsync(id, $"two-{id}"));
    }

    [Fact]
    public async Task Withdrawn_requests_do_not_keep_a_lane_full()
    {
        var id = await database.NewStockAsync(100);
        await using var lane = await HeldLane.StartAsync(database, new LaneGuardOptions { QueueLimit = 3 });
        using var withdraw = new CancellationTokenSource();
        var stays = lane.RunAsync(id, $"stays-{id}");
        var withdrawn = Enumerable.Range(0, 2).Select(i => lane.RunAsync(id, $"withdrawn-{id}-{i}", withdraw.Token)).ToList();
        await withdraw.CancelAsync();
        foreach (var run in withdrawn)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        }

        var later = Enumerable.Range(0, 2).Select(i => lane.RunAsync(id, $"later-{id}-{i}")).ToList();
        await Assert.ThrowsAsync<LaneFullException>(() => lane.RunAsync(id, $"refused-{id}"));
        lane.LetGo();

        Assert.Equal([Taken.Yes, Taken.Yes, Taken.Yes], await Task.WhenAll(later.Append(stays)));
    }

    private sealed class TwoInOne : IOperation<StockContext, string, int, string>, IOperation<StockContext, int, int, int>
    {
        public string Name => "two-in-one";

        public IEnumerable<string> KeysOf(string request) => ["one"];

        public IEnumerable<string> KeysOf(int request) => ["one"];

        public Task<int> LoadSubjectsAsync(OperationScope<StockContext> scope, IReadOnlyList<string> requests, CancellationToken cancellationToken) => Task.FromResult(0);

        public Task<int> LoadSubjectsAsync(OperationScope<StockContext> scope, IReadOnlyList<int> requests, CancellationToken cancellationToken) => Task.FromResult(0);

        public Task LoadRelatedAsync(OperationScope<StockContext> scope, int state, IReadOnlyList<string> requests, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task LoadRelatedAsync(OperationScope<StockContext> scope, int state, IReadOnlyList<int> requests, CancellationToken cancellationToken) => Task.CompletedTask;

        public string Decide(int state, string request, DateTimeOffset now) => request;

        public int Decide(int state, int request, DateTimeOffset now) => request;

        public Task SaveAsync(OperationScope<StockContext> scope, int state, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
