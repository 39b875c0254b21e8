namespace Tiebreak.LocalLocks;

/// <summary>Several places below one handle.</summary>
internal sealed class HeldTogether : IReleasable
{
    private readonly Stack<LocalLockHandle> _held = new();

    public static async ValueTask<LocalLockHandle> TakeAsync<TKey>(
        KeyedLines<TKey> lines, IEnumerable<TKey> keys, IComparer<TKey>? order, CancellationToken cancellationToken)
        where TKey : notnull
    {
        TKey[] sorted = [.. keys.Distinct(lines.Comparer).Order(order)];
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

    public void Release()
    {
        while (_held.TryPop(out var held))
        {
            held.Dispose();
        }
    }
}
