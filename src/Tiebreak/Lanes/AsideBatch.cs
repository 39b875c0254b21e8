using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.Lanes;

/// <summary>
/// Requests whose rows somebody held when they were last looked at. They are served when those are free, in their order,
/// and each is told after a lock wait of its own that it was in vain.
/// </summary>
internal sealed class AsideBatch<TContext, TRequest, TState, TResult>(
    TypedOperationQueue<TContext, TRequest, TState, TResult> queue, LaneTransactions<TContext> transactions, List<LaneRequest<TRequest, TResult>> requests, int left, TimeProvider time) : LaneBatch
    where TContext : DbContext
{
    // Between two looks at rows that are held. Short against the wait, long against a look.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Serving<TContext, TRequest, TState, TResult> _serving = queue.Serving;

    public override int Count => requests.Count;

    public override async Task RunAsync(CancellationToken cancellationToken)
    {
        LaneMeters.Waiting.Add(-left, LaneMeters.For(queue.Name));
        _serving.Forget(requests);
        var over = requests.FindAll(request => LeftOf(request) <= TimeSpan.Zero);
        requests.RemoveAll(over.Contains);
        foreach (var request in over)
        {
            _serving.Fail([request], new LockTimeoutException(1, TimeSpan.Zero, request.KeptBy ?? new TimeoutException("Somebody else holds a row that stands for one of the keys.")), had: false);
        }

        if (requests.Count == 0)
        {
            return;
        }

        var kept = IsOfOneKey(requests)
            ? await InLineAsync(requests, cancellationToken).ConfigureAwait(false)
            : await FreeOnlyAsync(cancellationToken).ConfigureAwait(false);
        if (kept.Count > 0)
        {
            LaneMeters.Waiting.Add(kept.Count, LaneMeters.For(queue.Name));
            queue.Lane.PutBack(queue.Operation, queue.Aside, other => other.PutBack(kept));
        }
    }

    public override void Abandon(Exception exception) => _serving.Fail(requests, exception);

    private async Task<List<LaneRequest<TRequest, TResult>>> FreeOnlyAsync(CancellationToken cancellationToken)
    {
        var before = requests.Count;
        var kept = await _serving.ServeAsync(requests, LaneWay.FreeOnly, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        if (kept.Count < before)
        {
            return kept;
        }

        // Nothing was free. Who looks now and then would never have a row for which others stand in line.
        var first = kept.Find(request => request.Keys.Count == 1);
        if (first is null)
        {
            await WaitAsync(cancellationToken).ConfigureAwait(false);
            return kept;
        }

        var line = kept.FindAll(request => request.Keys.SequenceEqual(first.Keys, StringComparer.Ordinal));
        var others = kept.FindAll(request => !line.Contains(request));
        others.AddRange(await InLineAsync(line, cancellationToken).ConfigureAwait(false));
        return others;
    }

    /// <summary>Waits in PostgreSQL's line for one key's rows; no longer than the first of them may.</summary>
    private async Task<List<LaneRequest<TRequest, TResult>>> InLineAsync(List<LaneRequest<TRequest, TResult>> line, CancellationToken cancellationToken)
    {
        var least = line.Min(LeftOf);
        var wait = least < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : least < transactions.InLine ? least : transactions.InLine;
        var kept = await _serving.ServeAsync(line, LaneWay.InLine, wait, cancellationToken).ConfigureAwait(false);
        if (kept.Count > 0 && wait < Pause)
        {
            await WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return kept;
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        // The end of the lane ends the pause, and the next attempt tells those who wait.
        await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static bool IsOfOneKey(List<LaneRequest<TRequest, TResult>> some) =>
        some[0].Keys.Count == 1 && some.TrueForAll(request => request.Keys.Count == 1 && string.Equals(request.Keys[0], some[0].Keys[0], StringComparison.Ordinal));

    private TimeSpan LeftOf(LaneRequest<TRequest, TResult> request) => transactions.LockWait - time.GetElapsedTime(request.AsideSince!.Value);
}
