using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.Operations;

/// <summary>What a user who asked for one of a stock is told.</summary>
internal enum Taken
{
    Yes,
    SoldOut,
    HasOneAlready,
}

/// <summary>
/// A user takes one of a stock. It contends on the stock; that a user holds one thing at most is kept by the primary
/// key of the holdings. The hooks let a test stop an attempt at a certain point.
/// </summary>
internal sealed class TakeOne : IOperation<StockContext, TakeOne.Request, TakeOne.State, Taken>
{
    private int _attempts;

    public string Name { get; init; } = "take-one";

    /// <summary>How many attempts came as far as the decision.</summary>
    public int Attempts => _attempts;

    /// <summary>The times that decisions were made at.</summary>
    public List<DateTimeOffset> DecidedAt { get; } = [];

    /// <summary>Called with the scope before the subjects are loaded.</summary>
    public Action<OperationScope<StockContext>>? BeforeSubjects { get; init; }

    /// <summary>Awaited once everything is read, before the decision; the number of the attempt is passed, 1 first.</summary>
    public Func<int, Task>? BeforeDecision { get; init; }

    /// <summary>Leaves out the rule's own look at the holdings, so that only the database can refuse.</summary>
    public bool IgnoresHoldings { get; init; }

    public IEnumerable<string> KeysOf(Request request) => [$"stock/{request.StockId}", $"another/{request.StockId}", $"stock/{request.StockId}"];

    public async Task<State> LoadSubjectsAsync(OperationScope<StockContext> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        BeforeSubjects?.Invoke(scope);
        return new State(await scope.ReadSubjectsAsync(Stock.Subject, requests.Select(request => request.StockId), cancellationToken: cancellationToken));
    }

    public async Task LoadRelatedAsync(OperationScope<StockContext> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var users = requests.Select(request => request.UserId).ToArray();
        state.Holders.UnionWith(await scope.Context.Holdings.Where(holding => users.Contains(holding.UserId)).Select(holding => holding.UserId).ToListAsync(cancellationToken));
        var attempt = Interlocked.Increment(ref _attempts);
        if (BeforeDecision is { } hook)
        {
            await hook(attempt);
        }
    }

    public Taken Decide(State state, Request request, DateTimeOffset now)
    {
        lock (DecidedAt)
        {
            DecidedAt.Add(now);
        }

        return state.Take(request, IgnoresHoldings);
    }

    public Task SaveAsync(OperationScope<StockContext> scope, State state, CancellationToken cancellationToken)
    {
        scope.Context.Holdings.AddRange(state.New);
        return scope.Context.SaveChangesAsync(cancellationToken);
    }

    internal sealed record Request(int StockId, string UserId);

    internal sealed class State(Dictionary<int, Stock> stocks)
    {
        public Dictionary<int, Stock> Stocks { get; } = stocks;

        public HashSet<string> Holders { get; } = new(StringComparer.Ordinal);

        public List<Holding> New { get; } = [];

        /// <summary>The rule.</summary>
        public Taken Take(Request request, bool ignoresHoldings)
        {
            var stock = Stocks[request.StockId];
            if (stock.Quantity == 0)
            {
                return Taken.SoldOut;
            }

            if (!ignoresHoldings && !Holders.Add(request.UserId))
            {
                return Taken.HasOneAlready;
            }

            stock.Quantity--;
            New.Add(new Holding { UserId = request.UserId, StockId = stock.Id });
            return Taken.Yes;
        }
    }
}
