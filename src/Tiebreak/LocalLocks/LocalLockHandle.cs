namespace Tiebreak.LocalLocks;

/// <summary>
/// A place that is held in a <see cref="LocalLock{TKey}"/> or <see cref="LocalSemaphore{TKey}"/> until it is disposed.
/// Disposing it twice, or from two threads at once, gives it back once.
/// </summary>
public sealed class LocalLockHandle : IDisposable
{
    private IReleasable? _held;

    internal LocalLockHandle(IReleasable held) => _held = held;

    /// <summary>Gives the place to who waits longest. Never waits, and runs none of the next holder's code.</summary>
    public void Dispose() => Interlocked.Exchange(ref _held, null)?.Release();
}
