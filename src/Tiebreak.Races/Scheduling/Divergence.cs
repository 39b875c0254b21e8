using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling;

/// <summary>
/// Runs that did not go as they were asked to. The server is free to choose a deadlock's victim, and who of several goes on
/// first when what they wait for is given free: with that varies whether a beginning can be followed.
/// </summary>
internal static class Divergence
{
    /// <summary>How often a beginning is tried.</summary>
    public const int Attempts = 5;

    /// <summary>Whether the server, not the actors, may have gone another way than before.</summary>
    public static bool IsServersChoice(Run run) => run.End == RunEnd.Completed
        && (run.DeadlockCycle is not null
            || run.Trace.Steps.Any(step => step.BlockedBy.Count > 1)
            || run.Trace.Steps.Where(step => step.ResumedBy is not null).GroupBy(step => step.ResumedBy).Any(group => group.Count() > 1));
}
