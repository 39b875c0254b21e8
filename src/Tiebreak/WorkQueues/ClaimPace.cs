namespace Tiebreak.WorkQueues;

/// <summary>Knows how long jobs take of late, and so how many are begun within a time. Thread-safe.</summary>
internal sealed class ClaimPace(int concurrency, TimeSpan ahead)
{
    private const int Most = 256;
    private const double Weight = 0.1;

    private readonly Lock _gate = new();
    private double? _milliseconds;

    /// <summary>How many jobs to claim beside those that run; none before the first has ended.</summary>
    public int Ahead
    {
        get
        {
            lock (_gate)
            {
                return _milliseconds is { } one ? (int)Math.Min(Most, concurrency * ahead.TotalMilliseconds / Math.Max(one, 0.01)) : 0;
            }
        }
    }

    public void Note(TimeSpan took)
    {
        lock (_gate)
        {
            _milliseconds = _milliseconds is { } before ? before + (Weight * (took.TotalMilliseconds - before)) : took.TotalMilliseconds;
        }
    }
}
