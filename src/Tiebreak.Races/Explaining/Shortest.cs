using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Explaining;

/// <summary>Chooses, of runs that break the same way, the one that is read most easily.</summary>
internal static class Shortest
{
    /// <summary>The one with the shortest schedule; of these the one with the fewest switches between actors.</summary>
    public static Run Of(IEnumerable<Run> runs) => runs
        .OrderBy(run => run.Trace.Schedule.Length)
        .ThenBy(run => Switches(run.Trace.Schedule))
        .ThenBy(run => run.Trace.Schedule.ToString(), StringComparer.Ordinal)
        .First();

    /// <summary>Whether one is read more easily than the other.</summary>
    public static bool IsBetter(Schedule schedule, Schedule than) =>
        (schedule.Length, Switches(schedule)).CompareTo((than.Length, Switches(than))) < 0;

    /// <summary>How often another actor goes on.</summary>
    public static int Switches(Schedule schedule)
    {
        var switches = 0;
        for (var position = 1; position < schedule.Length; position++)
        {
            switches += schedule[position] != schedule[position - 1] ? 1 : 0;
        }

        return switches;
    }
}
