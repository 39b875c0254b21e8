using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.Operations;

/// <summary>
/// A user gets a place in a stock as long as it has fewer holders than its quantity says. Nothing of the stock's own row
/// is changed: only what hangs on it.
/// </summary>
internal sealed class FillUp : IOperation<StockContext, FillUp.Request, FillUp.State, bool>
{
    private int _attempts;

    public string Name => "fill-up";

    /// <summary>Awaited once everything is read, before the decision; the number of the attempt is passed, 1 first.</summary>
    public Func<int, Task>? BeforeDecision { get; init; }

    public IEnumerable<string> KeysOf(Request request) => [$"stock/{request.StockId}"];

    public async Task<State> LoadSubjectsAsync(OperationScope<StockContext> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        new((await scope.ReadSubjectsAsync(Stock.Subject, requests.Select(request => request.StockId), cancellationToken: cancellationToken)).Values);

    public async Task LoadRelatedAsync(OperationScope<StockContext> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        foreach (var stock in state.Stocks)
        {
            state.Taken[stock.Id] = await scope.Context.Holdings.CountAsync(holding => holding.StockId == stock.Id, cancellationToken);
        }

        if (BeforeDecision is { } hook)
        {
            await hook(Interlocked.Increment(ref _attempts));
        }
    }

    public bool Decide(State state, Request request, DateTimeOffset now)
    {
        if (state.Taken[request.StockId] >= state.Stocks.Single(stock => stock.Id == request.StockId).Quantity)
        {
            return false;
        }

        state.Taken[request.StockId]++;
        state.New.Add(new Holding { UserId = request.UserId, StockId = request.StockId });
        return true;
    }

    public Task SaveAsync(OperationScope<StockContext> scope, State state, CancellationToken cancellationToken)
    {
        scope.Context.Holdings.AddRange(state.New);
        return scope.Context.SaveChangesAsync(cancellationToken);
    }

    internal sealed record Request(int StockId, string UserId);

    internal sealed class State(IEnumerable<Stock> stocks)
    {
        public IReadOnlyList<Stock> Stocks { get; } = [.. stocks];

        public Dictionary<int, int> Taken { get; } = [];

        public List<Holding> New { get; } = [];
    }
}
