using Npgsql;
using Tiebreak.Lanes;
using Tiebreak.Tests.Operations;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Lanes;

/// <summary>What a row that somebody outside holds costs: those who want it their own wait, and the others nothing.</summary>
public sealed class HeldRowTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Others_go_on_for_as_long_as_the_row_is_held(int lanes)
    {
        var (held, free) = (await database.NewStockAsync(5), await database.NewStockAsync(100));
        await using var guard = Guard(lanes);
        var operation = new TakeOne();
        Task<Taken> stuck;
        await using (await database.HoldAsync(held))
        {
            stuck = guard.RunAsync(operation, new TakeOne.Request(held, $"stuck-{held}"));
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(Taken.Yes, await guard.RunAsync(operation, new TakeOne.Request(free, $"free-{free}-{i}")).WaitAsync(Hang));
            }

            Assert.False(stuck.IsCompleted);
        }

        Assert.Equal(Taken.Yes, await stuck.WaitAsync(Hang));
    }

    [Fact]
    public async Task Those_who_wait_for_a_held_row_are_served_in_the_order_in_which_they_came()
    {
        var held = await database.NewStockAsync(4);
        await using var guard = Guard(1);
        var operation = new TakeOne();
        var runs = new List<Task<Taken>>();
        await using (var holder = await database.HoldAsync(held))
        {
            for (var i = 0; i < 8; i++)
            {
                runs.Add(guard.RunAsync(operation, new TakeOne.Request(held, $"order-{held}-{i}")));
                await Task.Delay(i == 3 ? 700 : 20);
            }
        }

        Assert.Equal([Taken.Yes, Taken.Yes, Taken.Yes, Taken.Yes, Taken.SoldOut, Taken.SoldOut, Taken.SoldOut, Taken.SoldOut], await Task.WhenAll(runs).WaitAsync(Hang));
        Assert.Equal(Taken.SoldOut, await guard.RunAsync(operation, new TakeOne.Request(held, $"order-{held}-late")).WaitAsync(Hang));
    }

    [Fact]
    public async Task Each_who_waits_for_a_held_row_has_a_lock_wait_of_its_own()
    {
        var held = await database.NewStockAsync(5);
        var time = new SetTime();
        await using var guard = Guard(1, time);
        var operation = new TakeOne();
        Task<Taken> first, second;
        await using (await database.HoldAsync(held))
        {
            first = guard.RunAsync(operation, new TakeOne.Request(held, $"own-{held}-1"));
            await UntilAsideAsync(guard, held);
            time.Forward(TimeSpan.FromSeconds(20));
            second = guard.RunAsync(operation, new TakeOne.Request(held, $"own-{held}-2"));
            await UntilAsideAsync(guard, held);
            time.Forward(TimeSpan.FromSeconds(20));

            var busy = await Assert.ThrowsAsync<LockTimeoutException>(() => first.WaitAsync(Hang));
            Assert.Equal((TimeSpan.FromSeconds(40), $"another/{held}"), (busy.Waited, busy.Keys[0]));
        }

        Assert.Equal(Taken.Yes, await second.WaitAsync(Hang));
    }

    [Fact]
    public async Task A_row_that_is_held_is_not_taken_for_one_that_does_not_exist()
    {
        var (held, other) = (await database.NewStockAsync(5), await database.NewStockAsync(5));
        await using var guard = Guard(1);
        var operation = new MoveOne();
        Task<bool> stuck;
        await using (await database.HoldAsync(held))
        {
            stuck = guard.RunAsync(operation, new MoveOne.Request(held, other));
            Assert.False(await guard.RunAsync(operation, new MoveOne.Request(other, -1)).WaitAsync(Hang));
            Assert.False(stuck.IsCompleted);
        }

        Assert.True(await stuck.WaitAsync(Hang));
        Assert.Equal((4, 6), (await database.QuantityAsync(held), await database.QuantityAsync(other)));
    }

    [Fact]
    public async Task Who_waits_for_one_of_two_rows_holds_the_other_for_nobody()
    {
        var (one, held) = (await database.NewStockAsync(50), await database.NewStockAsync(5));
        await using var guard = Guard(4);
        var (move, take) = (new MoveOne(), new TakeOne());
        Task<bool> stuck;
        await using (await database.HoldAsync(held))
        {
            stuck = guard.RunAsync(move, new MoveOne.Request(one, held));
            for (var i = 0; i < 10; i++)
            {
                Assert.Equal(Taken.Yes, await guard.RunAsync(take, new TakeOne.Request(one, $"free-{one}-{i}")).WaitAsync(Hang));
            }

            Assert.False(stuck.IsCompleted);
        }

        Assert.True(await stuck.WaitAsync(Hang));
    }

    [Fact]
    public async Task A_unique_key_that_another_has_not_committed_keeps_only_its_own_caller()
    {
        var id = await database.NewStockAsync(100);
        await using var lane = await HeldLane.StartAsync(database, Options);
        await using var other = await database.Source.OpenConnectionAsync();
        var transaction = await other.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand($"INSERT INTO holdings VALUES ('unique-{id}-7', {id})", other, transaction);
        await insert.ExecuteNonQueryAsync();

        var runs = Enumerable.Range(0, 16).Select(i => lane.RunAsync(id, $"unique-{id}-{i}")).ToList();
        lane.LetGo();
        await Task.WhenAll(runs.Where((_, i) => i != 7)).WaitAsync(Hang);
        Assert.False(runs[7].IsCompleted);
        await transaction.CommitAsync();

        Assert.Equal(Taken.HasOneAlready, await runs[7].WaitAsync(Hang));
        Assert.All(runs.Where((_, i) => i != 7), run => Assert.Equal(Taken.Yes, run.Result));
    }

    [Fact]
    public async Task A_table_that_is_held_as_a_whole_makes_all_busy_and_is_not_looked_into_one_by_one()
    {
        var id = await database.NewStockAsync(100);
        await using var lane = await HeldLane.StartAsync(database, new LaneGuardOptions { Transaction = AtomicOptions.Default with { LockWait = TimeSpan.FromMilliseconds(600) } });
        var loads = 0;
        var operation = new TakeOne { BeforeSubjects = _ => Interlocked.Increment(ref loads) };
        await using var other = await database.Source.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        List<Task<Taken>> runs = [.. Enumerable.Range(0, 200).Select(i => lane.Guard.RunAsync(operation, new TakeOne.Request(id, $"table-{id}-{i}")))];
        await using (var alter = new NpgsqlCommand("LOCK TABLE stocks IN ACCESS EXCLUSIVE MODE", other, transaction))
        {
            // The held lane's own transaction ends first.
            lane.LetGo();
            await lane.First;
            await alter.ExecuteNonQueryAsync();
        }

        foreach (var run in runs)
        {
            try
            {
                await run.WaitAsync(Hang);
            }
            catch (LockTimeoutException)
            {
            }
        }

        Assert.InRange(loads, 1, 100);
    }

    private static LaneGuardOptions Options => new() { Transaction = AtomicOptions.Default with { LockWait = TimeSpan.FromSeconds(30) } };

    private LaneGuard<StockContext> Guard(int lanes, TimeProvider? time = null) => new(database.Contexts, Options with { Lanes = lanes }, time);

    /// <summary>Comes back once a request of another key, sent after it, is answered twice: the lane has set the one before aside.</summary>
    private async Task UntilAsideAsync(LaneGuard<StockContext> guard, int held)
    {
        var other = await database.NewStockAsync(2);
        var operation = new TakeOne();
        await guard.RunAsync(operation, new TakeOne.Request(other, $"aside-{held}-{other}-1")).WaitAsync(Hang);
        await guard.RunAsync(operation, new TakeOne.Request(other, $"aside-{held}-{other}-2")).WaitAsync(Hang);
    }
}
