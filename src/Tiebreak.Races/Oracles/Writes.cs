using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Oracles;

/// <summary>What of an actor's work was committed.</summary>
internal static class Writes
{
    /// <summary>Whether something that the actor wrote was committed.</summary>
    public static bool AnyKept(Trace trace, int actor) => trace.Steps
        .Where(step => step.Actor == actor)
        .GroupBy(step => step.Connection)
        .Any(steps =>
        {
            var wrote = false;
            foreach (var step in steps)
            {
                switch (step.Kind)
                {
                    // COMMIT of a failed transaction answers ROLLBACK.
                    case StepKind.Commit when step.SqlState is null && step.Tag != "ROLLBACK" && wrote:
                        return true;
                    case StepKind.Commit or StepKind.Rollback:
                        wrote = false;
                        break;
                    default:
                        if (step.IsAutocommit && step.SqlState is null && step.Changes.Count > 0)
                        {
                            return true;
                        }

                        wrote |= step.SqlState is null && step.Changes.Count > 0;
                        break;
                }
            }

            return false;
        });
}
