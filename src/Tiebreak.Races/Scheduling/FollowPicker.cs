using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling;

/// <summary>Follows a schedule, and when it is over goes on with the same actor for as long as it is ready.</summary>
/// <param name="schedule">What to follow; may be a beginning only.</param>
internal sealed class FollowPicker(Schedule schedule) : IPicker
{
    private int _position;

    public Schedule Schedule { get; } = schedule;

    /// <summary>Where the actor that the schedule names was not ready; <see langword="null"/> while it was followed.</summary>
    public int? DivergedAt { get; private set; }

    public int Pick(IReadOnlyList<int> ready, int last)
    {
        if (_position >= Schedule.Length || DivergedAt is not null)
        {
            return Stay(ready, last);
        }

        var actor = Schedule[_position++];
        if (ready.Contains(actor))
        {
            return actor;
        }

        DivergedAt = _position - 1;
        return Stay(ready, last);
    }

    /// <summary>What a schedule means beyond its end: the same actor while it is ready, else the lowest.</summary>
    public static int Stay(IReadOnlyList<int> ready, int last) => ready.Contains(last) ? last : ready[0];
}
