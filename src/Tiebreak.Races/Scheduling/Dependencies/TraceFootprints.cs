using System.Data;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling.Dependencies;

/// <summary>What each step of a trace touches, the ends of transactions included. Not safe to call from several threads at once.</summary>
/// <param name="catalog">Of the scratch database.</param>
/// <param name="isolations">By actor: the level of its transactions.</param>
internal sealed class TraceFootprints(Catalog catalog, IReadOnlyList<IsolationLevel> isolations)
{
    private readonly FootprintReader _reader = new(catalog);

    public IReadOnlyList<Footprint> Of(Trace trace)
    {
        foreach (var step in trace.Steps)
        {
            _reader.NoteOrdering(step);
        }

        var footprints = new Footprint[trace.Steps.Count];
        var open = new Dictionary<(int Actor, int Connection), List<Footprint>>();
        for (var position = 0; position < footprints.Length; position++)
        {
            var step = trace.Steps[position];
            var key = (step.Actor, step.Connection);
            if (!open.TryGetValue(key, out var transaction))
            {
                open.Add(key, transaction = []);
            }

            footprints[position] = Of(step, transaction);
            if (step.Kind != StepKind.Statement || step.IsAutocommit)
            {
                open.Remove(key);
            }
        }

        EndWithActors(trace, footprints, open);
        return footprints;
    }

    private Footprint Of(Step step, List<Footprint> transaction)
    {
        var isolation = step.Isolation ?? isolations[step.Actor];
        var end = new Footprint
        {
            Ended = transaction,
            IsSerializable = isolation == IsolationLevel.Serializable,
            Commits = step is { Kind: StepKind.Commit, SqlState: null } && step.Tag != "ROLLBACK",
            IsJudged = isolation == IsolationLevel.Serializable && step.Kind == StepKind.Commit && step.Tag != "ROLLBACK",
        };
        if (step.Kind != StepKind.Statement)
        {
            return end;
        }

        var footprint = _reader.Read(step, isolation, isFirst: transaction.Count == 0);
        footprint = footprint with { IsJudged = isolation == IsolationLevel.Serializable && (step.IsAutocommit || step.SqlState == "40001"), NewlyHeld = [.. footprint.Writes.Where(write => !IsHeld(write, transaction))] };
        transaction.Add(footprint);
        if (step.IsAutocommit)
        {
            return footprint with { Ended = [.. transaction], Commits = step.SqlState is null };
        }

        // An error gives the transaction's locks free, before the client says ROLLBACK.
        return step.SqlState is null ? footprint : footprint with { Ended = [.. transaction] };
    }

    private static bool IsHeld(RowWrite write, List<Footprint> transaction) =>
        transaction.Exists(step => step.Writes.Any(earlier => earlier.Holds(write)) || step.Locks.Any(write.IsHeldBy));

    // What an actor leaves open is rolled back when it ends, which is after its last step.
    private static void EndWithActors(Trace trace, Footprint[] footprints, Dictionary<(int Actor, int Connection), List<Footprint>> open)
    {
        foreach (var ((actor, _), transaction) in open)
        {
            var last = trace.Schedule.ToString().LastIndexOf(Schedule.LetterOf(actor));
            footprints[last] = footprints[last] with { Ended = [.. footprints[last].Ended, .. transaction] };
        }
    }
}
