namespace Tiebreak.LocalLocks;

/// <summary>The holders of one key and those who stand in line for it. It exists while there are any.</summary>
internal sealed class Line<TKey>(KeyedLines<TKey> lines, TKey key) : IReleasable
    where TKey : notnull
{
    public TKey Key { get; } = key;

    public int Holders { get; set; }

    /// <summary>In order of arrival; made when the first has to wait.</summary>
    public LinkedList<Waiter<TKey>>? Waiting { get; set; }

    public void Release() => lines.Release(this);
}
