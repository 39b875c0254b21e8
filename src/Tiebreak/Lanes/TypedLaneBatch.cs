using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Lanes;

/// <summary>
/// What a lane took from one operation's queue. Those whose rows somebody holds are set aside, where they wait by
/// themselves, and the lane goes on without them.
/// </summary>
internal sealed class TypedLaneBatch<TContext, TRequest, TState, TResult>(
    TypedOperationQueue<TContext, TRequest, TState, TResult> queue, List<LaneRequest<TRequest, TResult>> requests, int left, TimeProvider time) : LaneBatch
    where TContext : DbContext
{
    private readonly Serving<TContext, TRequest, TState, TResult> _serving = queue.Serving;
    private readonly Lane _aside = queue.Lane.Aside!;

    public override int Count => requests.Count;

    public override async Task RunAsync(CancellationToken cancellationToken)
    {
        LaneMeters.Waiting.Add(-left, LaneMeters.For(queue.Name));
        var held = requests.FindAll(request => queue.Lane.Held.Join(request.Keys, request.WaitsFor));
        if (held.Count > 0)
        {
            SetAside(held);
        }

        var free = held.Count == 0 ? requests : requests.FindAll(request => request.AsideSince is null);
        SetAside(await _serving.ServeAsync(free, LaneWay.Briefly, TimeSpan.Zero, cancellationToken).ConfigureAwait(false));
    }

    public override void Abandon(Exception exception) => _serving.Fail(requests, exception);

    private void SetAside(List<LaneRequest<TRequest, TResult>> kept)
    {
        foreach (var request in kept)
        {
            queue.Lane.Held.Join(request.Keys, request.WaitsFor);
            request.AsideSince = time.GetTimestamp();
            var full = _aside.TryEnqueue(
                queue.Operation, (Queue: queue, Request: request), request.Weight, static given => given.Queue.Aside(), static (other, given, _) => other.Enqueue(given.Request, given.Request.Arrival));
            if (full is { } ahead)
            {
                _serving.Fail([request], new LaneFullException(ahead, _aside.RetryAfter(ahead)), had: false);
            }
            else
            {
                LaneMeters.Waiting.Add(1, LaneMeters.For(queue.Name));
            }
        }
    }
}
