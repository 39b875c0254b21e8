using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling.Searching;

/// <summary>Switches away from an actor that could have gone on.</summary>
internal static class Preemptions
{
    public static int Count(Trace trace) => Count(trace, trace.Schedule.Length);

    /// <summary>Those among the first letters.</summary>
    public static int Count(Trace trace, int length) =>
        Enumerable.Range(0, length).Count(position => IsPreemption(trace, position, trace.Schedule[position]));

    /// <summary>Whether letting this actor go at this point interrupts another.</summary>
    public static bool IsPreemption(Trace trace, int position, int actor) =>
        position > 0 && trace.Schedule[position - 1] != actor && trace.Ready[position].Contains(trace.Schedule[position - 1]);

    /// <summary>Who goes there when nobody says otherwise.</summary>
    public static int Default(Trace trace, int position) =>
        FollowPicker.Stay(trace.Ready[position], position == 0 ? -1 : trace.Schedule[position - 1]);
}
