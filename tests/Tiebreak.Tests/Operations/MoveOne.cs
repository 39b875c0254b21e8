using Tiebreak.Operations;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.Operations;

/// <summary>Moves one from a stock to another: two keys, and false where one of the stocks is not there.</summary>
internal sealed class MoveOne : IOperation<StockContext, MoveOne.Request, Dictionary<int, Stock>, bool>
{
    public string Name => "move-one";

    public IEnumerable<string> KeysOf(Request request) => [$"stock/{request.From}", $"stock/{request.To}"];

    public Task<Dictionary<int, Stock>> LoadSubjectsAsync(OperationScope<StockContext> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        scope.ReadSubjectsAsync(Stock.Subject, requests.SelectMany(request => new[] { request.From, request.To }), cancellationToken: cancellationToken);

    public Task LoadRelatedAsync(OperationScope<StockContext> scope, Dictionary<int, Stock> state, IReadOnlyList<Request> requests, CancellationToken cancellationToken) => Task.CompletedTask;

    public bool Decide(Dictionary<int, Stock> state, Request request, DateTimeOffset now)
    {
        if (!state.TryGetValue(request.From, out var from) || !state.TryGetValue(request.To, out var to))
        {
            return false;
        }

        from.Quantity--;
        to.Quantity++;
        return true;
    }

    public Task SaveAsync(OperationScope<StockContext> scope, Dictionary<int, Stock> state, CancellationToken cancellationToken) =>
        scope.Context.SaveChangesAsync(cancellationToken);

    internal sealed record Request(int From, int To);
}
