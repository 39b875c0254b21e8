namespace Tiebreak.LocalLocks;

/// <summary>
/// The lines of all keys in use. A key that nobody holds has none. One short lock guards them; nobody waits under it.
/// </summary>
internal sealed class KeyedLines<TKey>(int places, IEqualityComparer<TKey>? comparer, TimeProvider? time)
    where TKey : notnull
{
    // A dictionary of this size keeps its room; a larger one gives it back when it is mostly empty.
    private const int SmallCapacity = 256;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(int.MaxValue);

    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Line<TKey>> _lines = new(comparer);
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>How many keys are in use.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _lines.Count;
            }
        }
    }

    /// <summary>How much room the keys take, used or not.</summary>
    public int Capacity
    {
        get
        {
            lock (_lock)
            {
                return _lines.Capacity;
            }
        }
    }

    public IEqualityComparer<TKey> Comparer => _lines.Comparer;

    public LocalLockHandle? TryTake(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Enter(key, mayWait: false) is Line<TKey> line ? new LocalLockHandle(line) : null;
    }

    public async ValueTask<LocalLockHandle> TakeAsync(TKey key, CancellationToken cancellationToken) =>
        (await TakeAsync(key, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false))!;

    public ValueTask<LocalLockHandle?> TryTakeAsync(TKey key, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (wait < TimeSpan.Zero || wait > LongestWait)
        {
            throw new ArgumentOutOfRangeException(nameof(wait), wait, "A wait is a time from zero to 24 days. To wait without a bound: AcquireAsync.");
        }

        return TakeAsync(key, wait, cancellationToken);
    }

    /// <summary>Hands the place to the first in line, or closes the line.</summary>
    public void Release(Line<TKey> line)
    {
        lock (_lock)
        {
            if (line.Waiting?.First is { } first)
            {
                line.Waiting.Remove(first);
                first.Value.Place = null;
                first.Value.Grant();
                return;
            }

            if (--line.Holders == 0)
            {
                _lines.Remove(line.Key);
                GiveRoomBack();
            }
        }
    }

    /// <returns>Whether the waiter was still in line.</returns>
    public bool Leave(Waiter<TKey> waiter)
    {
        lock (_lock)
        {
            if (waiter.Place is not { } place)
            {
                return false;
            }

            waiter.Place = null;
            waiter.Line.Waiting!.Remove(place);
            return true;
        }
    }

    private async ValueTask<LocalLockHandle?> TakeAsync(TKey key, TimeSpan wait, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        var entered = Enter(key, mayWait: wait != TimeSpan.Zero);
        if (entered is Waiter<TKey> waiter)
        {
            return await WaitAsync(waiter, wait, cancellationToken).ConfigureAwait(false) ? new LocalLockHandle(waiter.Line) : null;
        }

        return entered is Line<TKey> line ? new LocalLockHandle(line) : null;
    }

    /// <returns>The line in which a place is now held, a place in it to wait at, or nothing.</returns>
    private object? Enter(TKey key, bool mayWait)
    {
        lock (_lock)
        {
            if (!_lines.TryGetValue(key, out var line))
            {
                _lines.Add(key, line = new Line<TKey>(this, key));
            }

            if (line.Holders < places)
            {
                line.Holders++;
                return line;
            }

            if (!mayWait)
            {
                return null;
            }

            var waiter = new Waiter<TKey>(this, line);
            waiter.Place = (line.Waiting ??= new LinkedList<Waiter<TKey>>()).AddLast(waiter);
            return waiter;
        }
    }

    private async Task<bool> WaitAsync(Waiter<TKey> waiter, TimeSpan wait, CancellationToken cancellationToken)
    {
        var cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((Waiter<TKey>)state!).Cancel(token), waiter);
        var timer = wait == Timeout.InfiniteTimeSpan
            ? null
            : _time.CreateTimer(static state => ((Waiter<TKey>)state!).TimeIsUp(), waiter, wait, Timeout.InfiniteTimeSpan);
        try
        {
            return await waiter.Turn.ConfigureAwait(false);
        }
        finally
        {
            cancellation.Unregister();
            timer?.Dispose();
        }
    }

    /// <summary>Halving at a quarter of the room costs each removal a bounded share.</summary>
    private void GiveRoomBack()
    {
        if (_lines.Capacity > SmallCapacity && _lines.Count < _lines.Capacity / 4)
        {
            _lines.TrimExcess(Math.Max(SmallCapacity / 2, _lines.Count * 2));
        }
    }
}
