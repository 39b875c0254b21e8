using Tiebreak.Races.Scheduling.Dependencies;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling.Searching;

/// <summary>
/// A beginning in which two steps that depend on each other go the other way round: all that came before the earlier
/// one, all that does not depend on it up to the later one, then the later one.
/// </summary>
internal sealed class Reversal
{
    private readonly int _actor;
    private readonly int[] _counts;
    private readonly ulong[] _pasts;

    public Reversal(Trace trace, TraceOrder order, RunSignature signature, int actors, int earlier, int later)
    {
        int[] kept = [.. Enumerable.Range(0, later).Where(step => step < earlier || (step > earlier && !order.IsBefore(earlier, step)))];
        _actor = trace.Steps[later].Actor;
        _counts = new int[actors];
        foreach (var step in kept)
        {
            _counts[trace.Steps[step].Actor]++;
        }

        _pasts = [.. _counts.Select((count, actor) => count == 0 ? 0 : signature.PastOf(actor, count - 1)!.Value)];
        Beginning = new Schedule(string.Concat(kept.Append(later).Select(step => trace.Schedule.ToString()[step])));
        Preemptions = CountPreemptions(trace, [.. kept, later]);
    }

    public Schedule Beginning { get; }

    public int Preemptions { get; }

    /// <summary>The same for all orderings of the same steps.</summary>
    public string Key => $"{_actor}:{string.Join(',', _pasts)}:{string.Join(',', _counts)}";

    /// <summary>The last step of one of the actors, for finding the runs that have it.</summary>
    public (int Actor, int Index, ulong Past)? Mark
    {
        get
        {
            var actor = Array.FindIndex(_counts, count => count > 0);
            return actor < 0 ? null : (actor, _counts[actor] - 1, _pasts[actor]);
        }
    }

    /// <summary>Whether this run begins so, but for the order of steps that do not depend on each other.</summary>
    public bool IsBeginningOf(RunSignature run)
    {
        for (var actor = 0; actor < _counts.Length; actor++)
        {
            if (_counts[actor] > 0 && run.PastOf(actor, _counts[actor] - 1) != _pasts[actor])
            {
                return false;
            }
        }

        return run.FitsAfter(_actor, _counts[_actor], _counts);
    }

    // Whether the one that is left could have gone on is not known before it is run: taken from how it was.
    private static int CountPreemptions(Trace trace, int[] steps)
    {
        var count = 0;
        for (var position = 1; position < steps.Length; position++)
        {
            var (left, next) = (trace.Steps[steps[position - 1]], trace.Steps[steps[position]]);
            var hasMore = trace.Schedule.ToString().IndexOf(Schedule.LetterOf(left.Actor), steps[position - 1] + 1) >= 0;
            var waits = left.ResumedBy is { } cause && !steps.AsSpan(0, position).Contains(cause);
            count += left.Actor != next.Actor && hasMore && !waits ? 1 : 0;
        }

        return count;
    }
}
