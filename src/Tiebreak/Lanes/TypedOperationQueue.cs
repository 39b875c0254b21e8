using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;

namespace Tiebreak.Lanes;

/// <summary>The queue of one operation, with its types.</summary>
internal sealed class TypedOperationQueue<TContext, TRequest, TState, TResult>(
    OperationRunner<TContext> runner, Protection protection, IOperation<TContext, TRequest, TState, TResult> operation, TimeProvider time) : OperationQueue
    where TContext : DbContext
{
    private readonly FairQueue<LaneRequest<TRequest, TResult>> _waiting = new();
    private int _forgotten;

    public override object Operation => operation;

    public override int Count => _waiting.Count;

    public void Enqueue(LaneRequest<TRequest, TResult> request, long arrival)
    {
        request.Arrival = arrival;
        _waiting.Enqueue(request.Keys is [var first, ..] ? first : "", request);
    }

    public override int ForgetWithdrawn()
    {
        var forgotten = _waiting.RemoveAll(request => request.IsWithdrawn);
        _forgotten += forgotten;
        return forgotten;
    }

    public override LaneBatch Take(int limit, bool oneKey)
    {
        var taken = _waiting.Take(limit, oneKey);
        var left = taken.Count + _forgotten;
        _forgotten = 0;
        taken.RemoveAll(request => request.IsWithdrawn);
        taken.Sort((one, other) => one.Arrival.CompareTo(other.Arrival));
        return new TypedLaneBatch<TContext, TRequest, TState, TResult>(runner, protection, operation, taken, left, time);
    }
}
