using Tiebreak.Operations;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.Operations;

/// <summary>What a lock in one process protects, and what it does not.</summary>
public sealed class LocalLockGuardTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Fact]
    public async Task In_one_process_of_forty_who_ask_for_twenty_five_twenty_five_get_one()
    {
        var id = await database.NewStockAsync(25);
        using var guard = new LocalLockGuard<StockContext>(database.Contexts);
        var operation = new TakeOne();

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => guard.RunAsync(operation, new TakeOne.Request(id, $"local-{id}-{i}")))));

        Assert.Equal(25, answers.Count(answer => answer == Taken.Yes));
        Assert.Equal(0, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task Across_two_processes_it_loses_an_update()
    {
        var id = await database.NewStockAsync(10);
        var bothHaveRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var operation = new TakeOne
        {
            BeforeDecision = attempt =>
            {
                if (attempt == 2)
                {
                    bothHaveRead.SetResult();
                }

                return bothHaveRead.Task.WaitAsync(TimeSpan.FromSeconds(30));
            },
        };

        // A process knows the keys that its own requests hold, and no others: two guards are two processes.
        using var one = new LocalLockGuard<StockContext>(database.Contexts);
        using var other = new LocalLockGuard<StockContext>(database.Contexts);
        var answers = await Task.WhenAll(
            one.RunAsync(operation, new TakeOne.Request(id, $"one-{id}")),
            other.RunAsync(operation, new TakeOne.Request(id, $"other-{id}")));

        Assert.Equal([Taken.Yes, Taken.Yes], answers);
        Assert.Equal(9, await database.QuantityAsync(id));
    }
}
