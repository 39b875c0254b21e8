namespace Tiebreak.Leases;

/// <summary>
/// Says when a lease may no longer be relied on: a fixed time after the last request that is known to have prolonged it
/// was <b>sent</b>, by the monotonic clock of this process. The database counts from when it executed that request, which
/// was later. Once it has said so, it stays so.
/// </summary>
internal sealed class LostSignal : IAsyncDisposable
{
    private static readonly TimeSpan TimerStep = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly TimeSpan _validFor;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _sentAt;
    private bool _isLost;
    private bool _isStopped;

    public LostSignal(TimeSpan validFor, long sentAt, TimeProvider time)
    {
        _validFor = validFor;
        _sentAt = sentAt;
        _time = time;
        _timer = time.CreateTimer(static signal => ((LostSignal)signal!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        OnTimer();
    }

    public CancellationToken Token => _lost.Token;

    /// <summary>Reads the clock: it does not depend on a timer that a paused process fires late.</summary>
    public bool IsLost
    {
        get
        {
            lock (_gate)
            {
                if (!_isStopped && Left <= TimeSpan.Zero)
                {
                    Fire();
                }

                return _isLost;
            }
        }
    }

    private TimeSpan Left => _validFor - _time.GetElapsedTime(_sentAt);

    /// <summary>Counts from this request on; false where it was too late.</summary>
    public bool Extend(long sentAt)
    {
        lock (_gate)
        {
            if (IsLost)
            {
                return false;
            }

            _sentAt = Math.Max(_sentAt, sentAt);
            return !IsLost;
        }
    }

    public void Fire()
    {
        lock (_gate)
        {
            if (!_isLost)
            {
                _isLost = true;

                // What the application has hung on the token runs elsewhere: an error of it would end the timer's thread.
                _ = _lost.CancelAsync();
            }
        }
    }

    /// <summary>From now on nothing is said any more. The token itself stays usable.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isStopped = true;
        }

        return _timer.DisposeAsync();
    }

    /// <summary>Fires, or waits for what a renewal has won since the timer was set.</summary>
    private void OnTimer()
    {
        lock (_gate)
        {
            if (!_isStopped && !IsLost)
            {
                var left = Left;
                _timer.Change(left < TimerStep ? TimerStep : left, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
