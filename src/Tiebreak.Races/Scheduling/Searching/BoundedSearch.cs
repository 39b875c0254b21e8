using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling.Searching;

/// <summary>
/// Every schedule with at most so many preemptions, those with fewer first: iterative context bounding.
/// </summary>
/// <remarks>
/// Musuvathi, Qadeer: Iterative Context Bounding for Systematic Testing of Multithreaded Programs (PLDI 2007).
/// </remarks>
/// <param name="known">What was run before, by any search; what this one runs is added.</param>
/// <param name="bound">How many preemptions at most; <see cref="int.MaxValue"/> for every schedule.</param>
internal sealed class BoundedSearch(KnownRuns known, int bound) : ISearch
{
    private readonly PriorityQueue<(string Beginning, int Preemptions, int Attempt), (int Preemptions, int Length)> _open = new([(("", 0, 1), (0, 0))]);
    private readonly Dictionary<IPicker, (string Beginning, int Preemptions, int Attempt)> _underWay = [];
    private bool _isCutShort;

    public bool IsExhausted => !_isCutShort && _underWay.Count == 0 && !Advance();

    /// <summary>Every schedule with at most so many preemptions was run; -1 when not even those without.</summary>
    public int Completed
    {
        get
        {
            var rest = _underWay.Values.Select(item => item.Preemptions).Append(Advance() ? _open.Peek().Preemptions : bound == int.MaxValue ? int.MaxValue : bound + 1);
            return _isCutShort ? -1 : rest.Min() - 1;
        }
    }

    public IPicker? Next()
    {
        if (!Advance())
        {
            return null;
        }

        var next = _open.Dequeue();
        var picker = new FollowPicker(new Schedule(next.Beginning));
        _underWay.Add(picker, next);
        return picker;
    }

    public void Learn(Run run, IPicker? by = null)
    {
        if (run.End == RunEnd.Completed)
        {
            known.Add(run.Trace);
        }

        if (by is null || !_underWay.Remove(by, out var asked))
        {
            return;
        }

        if (run.End == RunEnd.Completed && by is FollowPicker { DivergedAt: null })
        {
            Branch(run.Trace, asked.Beginning.Length);
        }
        else if (asked.Attempt < Divergence.Attempts)
        {
            _open.Enqueue(asked with { Attempt = asked.Attempt + 1 }, (asked.Preemptions, asked.Beginning.Length));
        }
        else
        {
            _isCutShort |= !Divergence.IsServersChoice(run);
        }
    }

    /// <summary>Whether there is something to run, once all that is known is taken from what is known.</summary>
    private bool Advance()
    {
        while (_open.TryPeek(out var next, out _))
        {
            if (known.After(next.Beginning) is not { } trace)
            {
                return true;
            }

            _open.Dequeue();
            Branch(trace, next.Beginning.Length);
        }

        return false;
    }

    private void Branch(Trace trace, int from)
    {
        var preemptions = Preemptions.Count(trace, from);
        for (var position = from; position < trace.Schedule.Length; position++)
        {
            foreach (var actor in trace.Ready[position].Where(actor => actor != trace.Schedule[position]))
            {
                var count = preemptions + (Preemptions.IsPreemption(trace, position, actor) ? 1 : 0);
                if (count <= bound)
                {
                    var beginning = trace.Schedule.ToString()[..position] + Schedule.LetterOf(actor);
                    _open.Enqueue((beginning, count, 1), (count, position));
                }
            }

            preemptions += Preemptions.IsPreemption(trace, position, trace.Schedule[position]) ? 1 : 0;
        }
    }
}
