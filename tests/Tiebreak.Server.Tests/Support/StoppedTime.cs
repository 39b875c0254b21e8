namespace Tiebreak.Server.Tests.Support;

/// <summary>A clock that stands still at the moment that a test names. Timers keep the system's pace.</summary>
public sealed class StoppedTime(DateTimeOffset now) : TimeProvider
{
    private long _ticks = now.UtcTicks;

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _ticks), TimeSpan.Zero);

    public void Set(DateTimeOffset now) => Volatile.Write(ref _ticks, now.UtcTicks);
}
