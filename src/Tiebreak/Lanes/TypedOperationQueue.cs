using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;

namespace Tiebreak.Lanes;

/// <summary>The queue of one operation in a lane, with its types.</summary>
internal sealed class TypedOperationQueue<TContext, TRequest, TState, TResult>(
    LaneTransactions<TContext> transactions, IOperation<TContext, TRequest, TState, TResult> operation, Lane lane, TimeProvider time) : OperationQueue
    where TContext : DbContext
{
    private readonly FairQueue<LaneRequest<TRequest, TResult>> _waiting = new(request => request.Weight);
    private int _forgotten;

    public override object Operation => operation;

    public string Name => operation.Name;

    public Lane Lane => lane;

    public Serving<TContext, TRequest, TState, TResult> Serving { get; } = new(transactions, operation, lane.Held, time);

    public override int Count => _waiting.Count;

    public override long Weight => _waiting.Weight;

    /// <summary>The same operation's queue for what is set aside.</summary>
    public TypedOperationQueue<TContext, TRequest, TState, TResult> Aside() => new(transactions, operation, lane.Aside ?? lane, time);

    public void Enqueue(LaneRequest<TRequest, TResult> request, long arrival)
    {
        request.Arrival = arrival;
        _waiting.Enqueue(KeyOf(request), request);
    }

    /// <summary>Puts them back before those who came after them.</summary>
    public void PutBack(IEnumerable<LaneRequest<TRequest, TResult>> requests)
    {
        foreach (var ofKey in requests.GroupBy(KeyOf, StringComparer.Ordinal))
        {
            _waiting.PutBack(ofKey.Key, ofKey);
        }
    }

    public override int ForgetWithdrawn()
    {
        var forgotten = _waiting.RemoveAll(request =>
        {
            if (request.IsWithdrawn)
            {
                lane.Held.Leave(request.WaitsFor, had: false);
            }

            return request.IsWithdrawn;
        });
        _forgotten += forgotten;
        return forgotten;
    }

    public override LaneBatch Take(LaneGuardOptions options)
    {
        var taken = _waiting.Take(options.BatchLimit, options.OneKeyABatch, options.BatchWeight);
        var left = taken.Count + _forgotten;
        _forgotten = 0;
        Serving.Forget(taken);
        taken.Sort((one, other) => one.Arrival.CompareTo(other.Arrival));
        return lane.Aside is null
            ? new AsideBatch<TContext, TRequest, TState, TResult>(this, transactions, taken, left, time)
            : new TypedLaneBatch<TContext, TRequest, TState, TResult>(this, taken, left, time);
    }

    private static string KeyOf(LaneRequest<TRequest, TResult> request) => request.Keys is [var first, ..] ? first : "";
}
