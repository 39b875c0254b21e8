namespace Tiebreak.LocalLocks;

/// <summary>
/// A counting semaphore a key, inside this process: so many holders at a time, first come first served. It knows
/// nothing of other processes: docs/mechanisms/local-locks.md.
/// </summary>
/// <remarks>
/// All members may be used from any number of threads; one instance serves the whole application. No thread is blocked
/// while it waits. A key that nobody holds takes no memory. Who holds all places of a key and asks for another waits
/// for itself.
/// </remarks>
/// <typeparam name="TKey">What is limited; it does not change its hash code while it is held.</typeparam>
public sealed class LocalSemaphore<TKey>
    where TKey : notnull
{
    /// <summary>Creates the semaphore.</summary>
    /// <param name="places">How many hold one key at once, 1 or more.</param>
    /// <param name="comparer">When two keys are the same; the type's own equality when left out.</param>
    /// <param name="time">Measures bounded waits; the system's clock when left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no place.</exception>
    public LocalSemaphore(int places, IEqualityComparer<TKey>? comparer = null, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(places, 1);
        Places = places;
        Lines = new KeyedLines<TKey>(places, comparer, time);
    }

    /// <summary>How many hold one key at once.</summary>
    public int Places { get; }

    internal KeyedLines<TKey> Lines { get; }

    /// <summary>Waits for a place, for as long as it takes.</summary>
    /// <inheritdoc cref="LocalLock{TKey}.AcquireAsync"/>
    public ValueTask<LocalLockHandle> AcquireAsync(TKey key, CancellationToken cancellationToken = default) => Lines.TakeAsync(key, cancellationToken);

    /// <summary>Takes a place if one is free.</summary>
    /// <param name="key">What is limited.</param>
    /// <returns>Held until it is disposed; null when all places are held.</returns>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    public LocalLockHandle? TryAcquire(TKey key) => Lines.TryTake(key);

    /// <summary>Waits for a place, for no longer than a time.</summary>
    /// <inheritdoc cref="LocalLock{TKey}.TryAcquireAsync"/>
    public ValueTask<LocalLockHandle?> TryAcquireAsync(TKey key, TimeSpan wait, CancellationToken cancellationToken = default) =>
        Lines.TryTakeAsync(key, wait, cancellationToken);
}
