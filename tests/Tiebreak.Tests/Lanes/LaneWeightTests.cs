using Microsoft.EntityFrameworkCore;
using Tiebreak.Lanes;
using Tiebreak.Operations;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.Lanes;

/// <summary>Lanes are bounded by the rows that requests write, and not by how many requests these are.</summary>
public sealed class LaneWeightTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Heavy_requests_take_turns_and_light_ones_do_not_wait_for_them()
    {
        var (under, most) = (0, 0);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var heavy = new Weighed
        {
            BeforeDecision = async _ =>
            {
                most = Math.Max(most, Interlocked.Increment(ref under));
                await goOn.Task;
                Interlocked.Decrement(ref under);
            },
        };
        await using var guard = Guard();

        var heavies = Enumerable.Range(0, 4).Select(_ => guard.RunAsync(heavy, 20_000)).ToList();
        var light = new Weighed();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(1, await guard.RunAsync(light, 1).WaitAsync(Hang));
        }

        Assert.All(heavies, run => Assert.False(run.IsCompleted));
        goOn.SetResult();
        Assert.All(await Task.WhenAll(heavies).WaitAsync(Hang), batch => Assert.Equal(1, batch));
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task A_transaction_takes_no_more_than_its_weight()
    {
        var (inside, goOn) = (new TaskCompletionSource(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var operation = new Weighed
        {
            BeforeDecision = requests =>
            {
                inside.TrySetResult();
                return requests[0] == 2 ? goOn.Task : Task.CompletedTask;
            },
        };
        await using var guard = Guard();
        var first = guard.RunAsync(operation, 2);
        await inside.Task.WaitAsync(Hang);
        var runs = Enumerable.Range(0, 10).Select(_ => guard.RunAsync(operation, 400)).ToList();
        goOn.SetResult();

        Assert.All(await Task.WhenAll(runs).WaitAsync(Hang), batch => Assert.Equal(2, batch));
        Assert.Equal(1, await first);
    }

    [Fact]
    public async Task A_queue_that_is_full_by_weight_says_so_and_one_that_is_empty_takes_whatever_comes()
    {
        var (inside, goOn) = (new TaskCompletionSource(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var operation = new Weighed
        {
            BeforeDecision = _ =>
            {
                inside.TrySetResult();
                return goOn.Task;
            },
        };
        await using var guard = Guard();
        var running = guard.RunAsync(operation, 5_000_000);
        await inside.Task.WaitAsync(Hang);
        var waiting = guard.RunAsync(operation, 90_000);

        await Assert.ThrowsAsync<LaneFullException>(() => guard.RunAsync(operation, 20_000));
        goOn.SetResult();
        Assert.Equal(2, (await Task.WhenAll(running, waiting).WaitAsync(Hang)).Sum());
    }

    [Fact]
    public async Task Heavy_transactions_have_more_time()
    {
        var timeouts = new List<string>();
        var operation = new Weighed
        {
            OnScope = async scope =>
            {
                var timeout = await scope.Context.Database.SqlQuery<string>($"SELECT current_setting('statement_timeout') AS \"Value\"").SingleAsync();
                timeouts.Add(timeout);
            },
        };
        await using var guard = Guard();

        await guard.RunAsync(operation, 1);
        await guard.RunAsync(operation, 101_000);

        Assert.Equal(["30s", "130s"], timeouts);
    }

    [Theory]
    [InlineData(10, new[] { 4L, 4, 4 }, 2)]
    [InlineData(3, new[] { 4L, 4 }, 1)]
    [InlineData(8, new[] { 4L, 4, 4 }, 2)]
    public void A_queue_gives_out_what_fits(long limit, long[] weights, int expected)
    {
        var queue = new FairQueue<long>(weight => weight);
        for (var i = 0; i < weights.Length; i++)
        {
            queue.Enqueue(FormattableString.Invariant($"k{i}"), weights[i]);
        }

        Assert.Equal(expected, queue.Take(100, oneKey: false, limit).Count);
        Assert.Equal(weights.Skip(expected).Sum(), queue.Weight);
    }

    [Fact]
    public void What_does_not_fit_is_the_first_of_the_next()
    {
        var queue = new FairQueue<long>(weight => weight);
        queue.Enqueue("light", 1);
        queue.Enqueue("heavy", 10);
        queue.Enqueue("other", 1);
        Assert.Equal([1L], queue.Take(100, oneKey: false, 5));
        queue.Enqueue("light", 1);

        Assert.Equal([10L], queue.Take(100, oneKey: false, 5));
    }

    private LaneGuard<StockContext> Guard() => new(database.Contexts, new LaneGuardOptions { Lanes = 1, BatchWeight = 1_000, QueueWeight = 100_000, HeavyWeight = 500 });

    /// <summary>Weighs what its request says, and answers how many were decided together.</summary>
    private sealed class Weighed : IOperation<StockContext, int, int, int>
    {
        public string Name => "weighed";

        public Func<IReadOnlyList<int>, Task>? BeforeDecision { get; init; }

        public Func<OperationScope<StockContext>, Task>? OnScope { get; init; }

        public IEnumerable<string> KeysOf(int request) => [];

        public int WeightOf(int request) => request;

        public Task<int> LoadSubjectsAsync(OperationScope<StockContext> scope, IReadOnlyList<int> requests, CancellationToken cancellationToken) => Task.FromResult(requests.Count);

        public async Task LoadRelatedAsync(OperationScope<StockContext> scope, int state, IReadOnlyList<int> requests, CancellationToken cancellationToken)
        {
            await (BeforeDecision?.Invoke(requests) ?? Task.CompletedTask);
            await (OnScope?.Invoke(scope) ?? Task.CompletedTask);
        }

        public int Decide(int state, int request, DateTimeOffset now) => state;

        public Task SaveAsync(OperationScope<StockContext> scope, int state, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
