namespace Tiebreak.Server.Tests.Support;

/// <summary>The system's clock, set forward by as much as a test says. Timers keep the system's pace.</summary>
public sealed class ShiftedTime : TimeProvider
{
    private long _shiftTicks;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Volatile.Read(ref _shiftTicks));

    /// <summary>Lets so much time pass at once.</summary>
    public void Forward(TimeSpan by) => Interlocked.Add(ref _shiftTicks, by.Ticks);
}
