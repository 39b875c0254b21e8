namespace Tiebreak.Races.Exploring;

/// <summary>When a part of an exploration has to end.</summary>
internal sealed class Deadline(TimeProvider time, TimeSpan budget)
{
    private readonly long _start = time.GetTimestamp();

    public TimeSpan Elapsed => time.GetElapsedTime(_start);

    public TimeSpan Left => budget > Elapsed ? budget - Elapsed : TimeSpan.Zero;

    public bool IsOver => Left == TimeSpan.Zero;

    /// <summary>A part of what is left.</summary>
    public Deadline Share(double share) => new(time, Left * share);
}
