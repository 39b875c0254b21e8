namespace Tiebreak.Tests.Operations;

/// <summary>A clock that a test sets. Timers keep the system's pace.</summary>
internal sealed class SetTime : TimeProvider
{
    // Seven ticks beyond a whole microsecond: more than PostgreSQL keeps.
    private long _ticks = new DateTimeOffset(2030, 1, 31, 18, 0, 0, TimeSpan.Zero).UtcTicks + 7;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _ticks), TimeSpan.Zero);

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public void Forward(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
}
