namespace Tiebreak.LocalLocks;

/// <summary>Somebody in line.</summary>
internal sealed class Waiter<TKey>(KeyedLines<TKey> lines, Line<TKey> line)
    where TKey : notnull
{
    // A releaser sets the result under the lock of all lines: the next holder's code must not run in there.
    private readonly TaskCompletionSource<bool> _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Line<TKey> Line { get; } = line;

    /// <summary>Where it stands, so that leaving costs the same in a long line; null once it stands there no more.</summary>
    public LinkedListNode<Waiter<TKey>>? Place { get; set; }

    /// <summary>Whether the turn came; false when the time was up first. Cancelled with the token.</summary>
    public Task<bool> Turn => _turn.Task;

    public void Grant() => _turn.SetResult(true);

    public void TimeIsUp() => Leave(cancelled: null);

    public void Cancel(CancellationToken token) => Leave(token);

    /// <summary>Who was given the turn in the same moment keeps it.</summary>
    private void Leave(CancellationToken? cancelled)
    {
        if (!lines.Leave(this))
        {
            return;
        }

        if (cancelled is { } token)
        {
            _turn.SetCanceled(token);
        }
        else
        {
            _turn.SetResult(false);
        }
    }
}
