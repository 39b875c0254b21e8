using Tiebreak.Races.Scheduling.Dependencies;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling.Searching;

/// <summary>
/// One schedule of each set of schedules that differ only in the order of steps which do not depend on each other:
/// every pair of steps of a run that could have gone the other way round is turned round, unless a run begins so.
/// </summary>
/// <remarks>
/// After Flanagan, Godefroid: Dynamic Partial-Order Reduction for Model Checking Software (POPL 2005), and Abdulla, Aronis,
/// Jonsson, Sagonas: Optimal Dynamic Partial Order Reduction (POPL 2014). Instead of sleep sets it remembers every run's order,
/// so that what is left can be taken in any order: fewest preemptions first.
/// </remarks>
/// <param name="known">What was run before, by any search; what this one runs is added.</param>
/// <param name="footprints">What each step touches.</param>
/// <param name="actors">How many there are.</param>
internal sealed class ReducedSearch(KnownRuns known, TraceFootprints footprints, int actors) : ISearch
{
    private readonly PriorityQueue<Reversal, (int Preemptions, int Length)> _open = new();
    private readonly Dictionary<IPicker, (Reversal? Reversal, int Attempt)> _underWay = [];
    private readonly Queue<(Reversal? Reversal, int Attempt)> _again = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Actor, int Index, ulong Past), List<RunSignature>> _runs = [];
    private readonly HashSet<string> _learned = new(StringComparer.Ordinal);

    public bool IsExhausted => _underWay.Count == 0 && _again.Count == 0 && _learned.Count > 0 && Diverged == 0 && !Advance();

    /// <summary>Beginnings that the actors did not follow, so that what lies behind them was not run: they are not deterministic.</summary>
    public int Diverged { get; private set; }

    public IPicker? Next()
    {
        (Reversal? Reversal, int Attempt) next;
        if (_again.TryDequeue(out var again))
        {
            next = again;
        }
        else if (Advance())
        {
            next = (_open.Dequeue(), 1);
        }
        else if (_learned.Count == 0 && _underWay.Count == 0)
        {
            next = (null, 1);
        }
        else
        {
            return null;
        }

        var picker = new FollowPicker(next.Reversal?.Beginning ?? new Schedule(""));
        _underWay.Add(picker, next);
        return picker;
    }

    public void Learn(Run run, IPicker? by = null)
    {
        if (by is not null && _underWay.Remove(by, out var asked) && (run.End != RunEnd.Completed || by is FollowPicker { DivergedAt: not null }))
        {
            if (asked.Attempt < Divergence.Attempts)
            {
                _again.Enqueue((asked.Reversal, asked.Attempt + 1));
            }
            else if (!Divergence.IsServersChoice(run))
            {
                Diverged++;
            }
        }

        if (run.End != RunEnd.Completed || !_learned.Add(run.Trace.Schedule.ToString()))
        {
            return;
        }

        known.Add(run.Trace);
        var order = new TraceOrder(run.Trace, footprints.Of(run.Trace));
        var signature = new RunSignature(run.Trace, order, actors);
        Remember(run.Trace, signature);
        foreach (var (earlier, later) in order.Races)
        {
            var reversal = new Reversal(run.Trace, order, signature, actors, earlier, later);
            if (_seen.Add(reversal.Key) && !WasRun(reversal))
            {
                _open.Enqueue(reversal, (reversal.Preemptions, reversal.Beginning.Length));
            }
        }
    }

    private bool Advance()
    {
        while (_open.TryPeek(out var next, out _))
        {
            var trace = known.After(next.Beginning.ToString());
            if (trace is null && !WasRun(next))
            {
                return true;
            }

            _open.Dequeue();
            if (trace is not null)
            {
                // Another search may have run it, before this one had begun.
                Learn(new Run(RunEnd.Completed, trace, null));
            }
        }

        return false;
    }

    private bool WasRun(Reversal reversal) =>
        reversal.Mark is { } mark
            ? _runs.TryGetValue(mark, out var runs) && runs.Exists(reversal.IsBeginningOf)
            : _runs.Values.Any(list => list.Exists(reversal.IsBeginningOf));

    private void Remember(Trace trace, RunSignature signature)
    {
        var next = new int[actors];
        foreach (var step in trace.Steps)
        {
            var index = next[step.Actor]++;
            var mark = (step.Actor, index, signature.PastOf(step.Actor, index)!.Value);
            if (!_runs.TryGetValue(mark, out var list))
            {
                _runs.Add(mark, list = []);
            }

            list.Add(signature);
        }
    }
}
