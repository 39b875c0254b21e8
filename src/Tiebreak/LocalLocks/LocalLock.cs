namespace Tiebreak.LocalLocks;

/// <summary>
/// A mutex a key, inside this process: one holder at a time, first come first served. It knows nothing of other
/// processes, so it makes things faster, never right: docs/mechanisms/local-locks.md.
/// </summary>
/// <remarks>
/// <para>
/// All members may be used from any number of threads; one instance serves the whole application. No thread is blocked
/// while it waits. A key that nobody holds takes no memory. It is not re-entrant: who asks again for a key that it
/// holds waits for itself.
/// </para>
/// <code>
/// using (await locks.AcquireAsync(invite, ct))
/// {
///     // one at a time in this process
/// }
/// </code>
/// </remarks>
/// <typeparam name="TKey">What is locked; it does not change its hash code while it is held.</typeparam>
/// <param name="comparer">When two keys are the same; the type's own equality when left out.</param>
/// <param name="time">Measures bounded waits; the system's clock when left out.</param>
public sealed class LocalLock<TKey>(IEqualityComparer<TKey>? comparer = null, TimeProvider? time = null)
    where TKey : notnull
{
    /// <summary>For the tests: what is kept.</summary>
    internal KeyedLines<TKey> Lines { get; } = new(places: 1, comparer, time);

    /// <summary>Waits for the key, for as long as it takes.</summary>
    /// <param name="key">What to lock.</param>
    /// <param name="cancellationToken">Leaves the line; those behind move up.</param>
    /// <returns>Held until it is disposed.</returns>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before the turn came. Nothing is held.</exception>
    public ValueTask<LocalLockHandle> AcquireAsync(TKey key, CancellationToken cancellationToken = default) => Lines.TakeAsync(key, cancellationToken);

    /// <summary>Takes the key if it is free.</summary>
    /// <param name="key">What to lock.</param>
    /// <returns>Held until it is disposed; null when somebody else holds it.</returns>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    public LocalLockHandle? TryAcquire(TKey key) => Lines.TryTake(key);

    /// <summary>Waits for the key, for no longer than a time.</summary>
    /// <param name="key">What to lock.</param>
    /// <param name="wait">From zero, which does not wait, to 24 days.</param>
    /// <param name="cancellationToken">Leaves the line; those behind move up.</param>
    /// <returns>Held until it is disposed; null when the time was up first.</returns>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The wait is negative (infinite included) or longer than 24 days.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before the turn came. Nothing is held.</exception>
    public ValueTask<LocalLockHandle?> TryAcquireAsync(TKey key, TimeSpan wait, CancellationToken cancellationToken = default) =>
        Lines.TryTakeAsync(key, wait, cancellationToken);

    /// <summary>
    /// Waits for several keys, one after the other in sorted order, so that two callers of this method never wait for
    /// each other. Who takes keys one by one has to keep to the same order.
    /// </summary>
    /// <param name="keys">What to lock, in any order; the same twice counts once. None is allowed and locks nothing.</param>
    /// <param name="order">Sorts the keys; the type's own order when left out. The same one everywhere.</param>
    /// <param name="cancellationToken">Leaves the line and gives back what was taken.</param>
    /// <returns>All of them, held until it is disposed.</returns>
    /// <exception cref="ArgumentNullException">A key is null, or all of them.</exception>
    /// <exception cref="InvalidOperationException">The type has no order of its own and none was given.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before all were taken. Nothing is held.</exception>
    public ValueTask<LocalLockHandle> AcquireAllAsync(IEnumerable<TKey> keys, IComparer<TKey>? order = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return HeldTogether.TakeAsync(Lines, keys, order, cancellationToken);
    }
}
