using Tiebreak.Lanes;
using Tiebreak.Tests.Operations;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.Lanes;

/// <summary>What a lane does when more is asked of it than it can do, and when it is to end.</summary>
public sealed class LaneBoundsTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Fact]
    public async Task Lane_that_is_full_says_so_at_once_with_the_keys_and_when_to_come_back()
    {
        var id = await database.NewStockAsync(100);
        await using var lane = await HeldLane.StartAsync(database, new LaneGuardOptions { QueueLimit = 3 });
        var waiting = Enumerable.Range(0, 3).Select(i => lane.RunAsync(id, $"waits-{id}-{i}")).ToList();

        var full = await Assert.ThrowsAsync<LaneFullException>(() => lane.RunAsync(id, $"refused-{id}"));

        Assert.Equal([$"another/{id}", $"stock/{id}"], full.Keys);
        Assert.True(full.RetryAfter > TimeSpan.Zero);
        lane.LetGo();
        Assert.All(await Task.WhenAll(waiting), answer => Assert.Equal(Taken.Yes, answer));
        Assert.Equal(Taken.Yes, await lane.RunAsync(id, $"later-{id}"));
    }

    [Theory]
    [InlineData(0, 1_000)]
    [InlineData(1_000, 500)]
    public void Time_to_come_back_reflects_the_measured_rate(int perSecond, int expectedMs)
    {
        var rate = new DrainRate();
        rate.Note(perSecond, TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromMilliseconds(expectedMs), rate.TimeFor(500));
    }

    [Fact]
    public async Task Guard_that_is_disposed_answers_those_who_wait_and_takes_no_more()
    {
        var id = await database.NewStockAsync(5);
        var lane = await HeldLane.StartAsync(database);
        var waiting = Enumerable.Range(0, 4).Select(i => lane.RunAsync(id, $"drained-{id}-{i}")).ToList();

        var disposal = lane.Guard.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => lane.RunAsync(id, $"too-late-{id}"));
        Assert.False(disposal.IsCompleted);
        lane.LetGo();
        await disposal;

        Assert.All(waiting, run => Assert.Equal(Taken.Yes, run.Result));
        Assert.Equal(Taken.Yes, await lane.First);
    }

    [Fact]
    public async Task Drain_that_is_cut_short_rolls_back_and_tells_its_callers()
    {
        var id = await database.NewStockAsync(5);
        await using var holder = await database.HoldAsync(id);
        await using var guard = new LaneGuard<StockContext>(database.Contexts);
        var run = guard.RunAsync(new TakeOne(), new TakeOne.Request(id, $"cut-{id}"));
        await database.UntilWaitingBehindAsync(holder.Pid);

        using var stop = new CancellationTokenSource();
        var drain = guard.DrainAsync(stop.Token);
        await stop.CancelAsync();
        await drain;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task Operation_that_throws_fails_its_caller_and_the_lane_goes_on()
    {
        var id = await database.NewStockAsync(5);
        await using var guard = new LaneGuard<StockContext>(database.Contexts, new LaneGuardOptions { Lanes = 1 });
        var broken = new TakeOne { BeforeDecision = _ => throw new InvalidOperationException("broken") };

        await Assert.ThrowsAsync<InvalidOperationException>(() => guard.RunAsync(broken, new TakeOne.Request(id, "broken")));
        Assert.Equal(Taken.Yes, await guard.RunAsync(new TakeOne(), new TakeOne.Request(id, $"whole-{id}")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public void Option_out_of_its_range_says_the_range(int lanes) =>
        Assert.Contains("1 to 256", Assert.Throws<ArgumentOutOfRangeException>(() => new LaneGuardOptions { Lanes = lanes }).Message, StringComparison.Ordinal);
}
