using Tiebreak.Lanes;
using Tiebreak.Tests.Operations;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.Lanes;

/// <summary>
/// A guard with one lane whose first transaction stops before its decision until it is let go: what is asked for in
/// the meantime becomes the next batch, for certain.
/// </summary>
internal sealed class HeldLane : IAsyncDisposable
{
    private readonly TaskCompletionSource _inside = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HeldLane(StockDatabase database, LaneGuardOptions options, Func<TaskCompletionSource, TaskCompletionSource, TakeOne> operation)
    {
        Guard = new LaneGuard<StockContext>(database.Contexts, options with { Lanes = 1 });
        Operation = operation(_inside, _goOn);
    }

    public LaneGuard<StockContext> Guard { get; }

    public TakeOne Operation { get; }

    public Task<Taken> First { get; private set; } = null!;

    public static async Task<HeldLane> StartAsync(StockDatabase database, LaneGuardOptions? options = null, bool ignoresHoldings = false)
    {
        var held = new HeldLane(database, options ?? new LaneGuardOptions(), (inside, goOn) => new TakeOne
        {
            IgnoresHoldings = ignoresHoldings,
            BeforeDecision = attempt =>
            {
                inside.TrySetResult();
                return attempt == 1 ? goOn.Task.WaitAsync(TimeSpan.FromSeconds(30)) : Task.CompletedTask;
            },
        });
        var id = await database.NewStockAsync(1);
        held.First = held.RunAsync(id, $"first-{id}");
        await held._inside.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return held;
    }

    public Task<Taken> RunAsync(int stockId, string userId, CancellationToken cancellationToken = default) =>
        Guard.RunAsync(Operation, new TakeOne.Request(stockId, userId), cancellationToken);

    public void LetGo() => _goOn.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        LetGo();
        await Guard.DisposeAsync();
    }
}
