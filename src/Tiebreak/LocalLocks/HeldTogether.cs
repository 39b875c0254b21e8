namespace Tiebreak.LocalLocks;

/// <summary>Several places below one handle.</summary>
internal sealed class HeldTogether : IReleasable
{
    private readonly Stack<LocalLockHandle> _held = new();

    public static async ValueTask<LocalLockHandle> TakeAsync<TKey>(
        KeyedLines<TKey> lines, IEnumerable<TKey> keys, IComparer<TKey>? order, CancellationToken cancellationToken)
        where TKey : notnull
    {
        TKey[] sorted = [.. keys.Distinct(lines.Comparer).Order(order ?? OrderOf(lines.Comparer))];
        cancellationToken.ThrowIfCancellationRequested();
        var together = new HeldTogether();
        try
        {
            foreach (var key in sorted)
            {
                together._held.Push(await lines.TakeAsync(key, cancellationToken).ConfigureAwait(false));
            }
        }
        catch
        {
            together.Release();
            throw;
        }

        return new LocalLockHandle(together);
    }

    /// <summary>
    /// That of the lines themselves where they have one. Text's own order is that of the caller's culture: two callers
    /// of two cultures would take the same keys in two orders, and wait for each other.
    /// </summary>
    private static IComparer<TKey>? OrderOf<TKey>(IEqualityComparer<TKey> comparer) =>
        comparer as IComparer<TKey> ?? StringComparer.Ordinal as IComparer<TKey>;

    public void Release()
    {
        while (_held.TryPop(out var held))
        {
            held.Dispose();
        }
    }
}
