using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.Operations;

/// <summary>
/// The same as <see cref="TakeOne"/> in as few round trips as there can be: holdings are searched behind the lock, and
/// what was decided is written with COMMIT.
/// </summary>
internal sealed class TakeInTwo : IOperation<StockContext, TakeOne.Request, TakeOne.State, Taken>
{
    private int _attempts;

    public string Name => "take-in-two";

    public int Attempts => _attempts;

    /// <summary>Leaves out the rule's own look at the holdings, so that only the database can refuse.</summary>
    public bool IgnoresHoldings { get; init; }

    /// <summary>Awaited before the decision.</summary>
    public Func<OperationScope<StockContext>, Task>? BeforeDecision { get; init; }

    /// <summary>Called when the batch was handed over.</summary>
    public Action<OperationScope<StockContext>>? AfterWrite { get; init; }

    public IEnumerable<string> KeysOf(TakeOne.Request request) => [$"stock/{request.StockId}"];

    public async Task<TakeOne.State> LoadSubjectsAsync(OperationScope<StockContext> scope, IReadOnlyList<TakeOne.Request> requests, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _attempts);
        var related = scope.Context.Bulk();
        var holdings = related.Find(requests.Select(request => request.UserId), (Holding holding) => holding.UserId);
        var state = new TakeOne.State(await scope.ReadSubjectsAsync(Stock.Subject, requests.Select(request => request.StockId), related, cancellationToken));
        state.Holders.UnionWith(holdings.Found.Select(holding => holding.UserId));
        return state;
    }

    public Task LoadRelatedAsync(OperationScope<StockContext> scope, TakeOne.State state, IReadOnlyList<TakeOne.Request> requests, CancellationToken cancellationToken) =>
        BeforeDecision?.Invoke(scope) ?? Task.CompletedTask;

    public Taken Decide(TakeOne.State state, TakeOne.Request request, DateTimeOffset now) => state.Take(request, IgnoresHoldings);

    public Task SaveAsync(OperationScope<StockContext> scope, TakeOne.State state, CancellationToken cancellationToken)
    {
        var bulk = scope.Context.Bulk();
        bulk.Update(state.New.Select(holding => state.Stocks[holding.StockId]).Distinct(), stock => new { stock.Quantity });
        bulk.Insert(state.New);
        scope.WriteWithCommit(bulk);
        AfterWrite?.Invoke(scope);
        return Task.CompletedTask;
    }
}
