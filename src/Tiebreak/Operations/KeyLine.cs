using Tiebreak.LocalLocks;
using Tiebreak.Transactions;

namespace Tiebreak.Operations;

/// <summary>Where the requests of this process line up for their keys, each key's in the order of arrival.</summary>
internal sealed class KeyLine(TimeSpan queueWait, TimeProvider? time)
{
    private readonly LocalLock<string> _locks = new(StringComparer.Ordinal, time);

    /// <summary>Waits for all keys, no longer than allowed.</summary>
    /// <exception cref="BusyException">Others of this process held them for longer.</exception>
    public async Task<LocalLockHandle> TakeAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        using var bound = new CancellationTokenSource(queueWait, time ?? TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, bound.Token);
        try
        {
            return await _locks.AcquireAllAsync(keys, StringComparer.Ordinal, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (bound.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new BusyException("Others hold the keys in this process. Nothing was changed; try again.", attempts: 0, queueWait) { Keys = keys };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }
}
