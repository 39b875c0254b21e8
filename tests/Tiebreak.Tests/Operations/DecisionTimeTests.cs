using Tiebreak.Lanes;
using Tiebreak.Operations;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.Operations;

/// <summary>One clock for all servers, the database's, which never runs backwards for a key.</summary>
public sealed class DecisionTimeTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public async Task A_lane_decides_at_the_databases_time_after_its_wait()
    {
        var id = await database.NewStockAsync(1);
        await database.SetClockAsync(TimeSpan.Zero);
        await using var lane = new LaneGuard<StockContext>(database.ClockedContexts);
        Task<DateTimeOffset[]> waiting;
        await using (var holder = await database.HoldAsync(id))
        {
            waiting = lane.RunAsync(new Times(), [id]);
            await database.UntilWaitingBehindAsync(holder.Pid);
            await database.SetClockAsync(Day);
        }

        AssertAhead(Day, (await waiting)[0]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_is_decided_no_earlier_than_it_was_before_and_the_others_at_the_clocks_time(bool byLane)
    {
        var (ahead, other) = (await database.NewStockAsync(1), await database.NewStockAsync(1));
        await database.SetClockAsync(TimeSpan.Zero);
        var last = new DateTimeOffset(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var operation = new Times { DecidedAt = stock => stock.Id == ahead ? last : DateTimeOffset.UnixEpoch };
        await using var lane = new LaneGuard<StockContext>(database.ClockedContexts, new LaneGuardOptions { Lanes = 1 });
        using var rowLock = new RowLockGuard<StockContext>(database.ClockedContexts);
        IGuard<StockContext> guard = byLane ? lane : rowLock;

        // Each answers when it was decided, and the time of each of its keys.
        var both = await guard.RunAsync(operation, [other, ahead]);
        var alone = await guard.RunAsync(operation, [other]);

        Assert.Equal((last, last), (both[0], both[2]));
        AssertAhead(TimeSpan.Zero, both[1]);
        Assert.All(alone, time => AssertAhead(TimeSpan.Zero, time));
    }

    [Fact]
    public async Task An_operation_without_subjects_has_the_databases_time_too()
    {
        await database.SetClockAsync(Day);
        await using var lane = new LaneGuard<StockContext>(database.ClockedContexts);

        AssertAhead(Day, (await lane.RunAsync(new Times(), []))[0]);
    }

    private static void AssertAhead(TimeSpan by, DateTimeOffset time) =>
        Assert.InRange(time - by, TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(1), TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(1));

    private sealed class Times : IOperation<StockContext, int[], OperationScope<StockContext>, DateTimeOffset[]>
    {
        public string Name => "times";

        public Func<Stock, DateTimeOffset>? DecidedAt { get; init; }

        public IEnumerable<string> KeysOf(int[] request) => request.Select(id => $"stock/{id}");

        public async Task<OperationScope<StockContext>> LoadSubjectsAsync(OperationScope<StockContext> scope, IReadOnlyList<int[]> requests, CancellationToken cancellationToken)
        {
            await scope.ReadSubjectsAsync(
                new Subject<Stock, int>(stock => stock.Id, id => $"stock/{id}") { DecidedAt = DecidedAt }, requests.SelectMany(ids => ids), cancellationToken: cancellationToken);
            return scope;
        }

        public Task LoadRelatedAsync(OperationScope<StockContext> scope, OperationScope<StockContext> state, IReadOnlyList<int[]> requests, CancellationToken cancellationToken) => Task.CompletedTask;

        public DateTimeOffset[] Decide(OperationScope<StockContext> state, int[] request, DateTimeOffset now) => [now, .. KeysOf(request).Select(state.TimeOf)];

        public Task SaveAsync(OperationScope<StockContext> scope, OperationScope<StockContext> state, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
