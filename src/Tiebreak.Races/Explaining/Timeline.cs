using Tiebreak.Races.Findings;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Explaining;

/// <summary>A run as a list of events: what was let go, who waited, what came back, who ended.</summary>
internal sealed class Timeline
{
    private readonly Run _run;
    private readonly IReadOnlyList<string> _names;
    private readonly List<TimelineEntry> _entries = [];
    private readonly int[] _entryOfStep;
    private readonly bool[] _isReleased;
    private readonly bool[] _isBack;
    private readonly bool[] _isEnded;

    private Timeline(Run run, IReadOnlyList<string> names)
    {
        _run = run;
        _names = names;
        _entryOfStep = new int[run.Trace.Steps.Count];
        _isReleased = new bool[run.Trace.Steps.Count];
        _isBack = new bool[run.Trace.Steps.Count];
        _isEnded = new bool[names.Count];
    }

    /// <summary>The events of a run, in order.</summary>
    public static IReadOnlyList<TimelineEntry> Of(Run run, IReadOnlyList<string> names) => Build(run, names)._entries;

    /// <summary>The events of a run, and where in them the given steps (positions in the trace) begin.</summary>
    public static (IReadOnlyList<TimelineEntry> Entries, IReadOnlyList<int> Positions) Of(Run run, IReadOnlyList<string> names, IEnumerable<int> steps)
    {
        var timeline = Build(run, names);
        return (timeline._entries, [.. steps.Select(step => timeline._entryOfStep[step])]);
    }

    private static Timeline Build(Run run, IReadOnlyList<string> names)
    {
        var timeline = new Timeline(run, names);
        for (var actor = 0; actor < names.Count; actor++)
        {
            timeline.EndIfDone(actor);
        }

        for (var position = 0; position < run.Trace.Steps.Count; position++)
        {
            timeline.Release(position);
        }

        for (var position = 0; position < run.Trace.Steps.Count; position++)
        {
            timeline.ComeBack(position);
        }

        return timeline;
    }

    private void Release(int position)
    {
        var step = _run.Trace.Steps[position];

        // An actor has one statement at a time on a connection: what waited came back at the latest now.
        for (var earlier = 0; earlier < position; earlier++)
        {
            if (_run.Trace.Steps[earlier].Actor == step.Actor && _run.Trace.Steps[earlier].Connection == step.Connection)
            {
                ComeBack(earlier);
            }
        }

        _isReleased[position] = true;
        _entryOfStep[position] = _entries.Count;
        if (step.BlockedBy.Count == 0)
        {
            _entries.Add(Entry(step, step.SqlState is null ? TimelineEvent.Done : TimelineEvent.Failed));
            Finish(position);
            return;
        }

        _entries.Add(Entry(step, TimelineEvent.Blocked) with { Result = null, BlockedBy = [.. step.BlockedBy.Select(actor => _names[actor])] });
        if (_run.DeadlockCycle is not null || step.SqlState == "40P01")
        {
            EndDeadlock(position);
        }
    }

    // The victim of a deadlock comes back by itself, when the last of the cycle has been let go.
    private void EndDeadlock(int last)
    {
        var victim = Enumerable.Range(0, last + 1).FirstOrDefault(position => !_isBack[position] && _run.Trace.Steps[position].SqlState == "40P01", -1);
        if (victim < 0)
        {
            return;
        }

        var cycle = _run.DeadlockCycle ?? [];
        var waiting = Enumerable.Range(0, last + 1).Where(position => !_isBack[position]).Select(position => _run.Trace.Steps[position].Actor).ToHashSet();
        if (cycle.All(waiting.Contains))
        {
            ComeBack(victim);
        }
    }

    private void ComeBack(int position)
    {
        var step = _run.Trace.Steps[position];
        if (_isBack[position] || step.BlockedBy.Count == 0 || (step.Tag is null && step.SqlState is null))
        {
            return;
        }

        _entries.Add(Entry(step, step.SqlState is null ? TimelineEvent.Resumed : TimelineEvent.Failed));
        Finish(position);
    }

    private void Finish(int position)
    {
        _isBack[position] = true;
        for (var other = 0; other < _run.Trace.Steps.Count; other++)
        {
            if (_run.Trace.Steps[other].ResumedBy == position && _isReleased[other])
            {
                ComeBack(other);
            }
        }

        EndIfDone(_run.Trace.Steps[position].Actor);
    }

    private void EndIfDone(int actor)
    {
        var isDone = Enumerable.Range(0, _run.Trace.Steps.Count).All(position => _run.Trace.Steps[position].Actor != actor || _isBack[position]);
        if (isDone && !_isEnded[actor] && _run.Outcome is { } outcome && actor < outcome.Ends.Count)
        {
            _isEnded[actor] = true;
            _entries.Add(new TimelineEntry(_names[actor], AnswerForReading.Of(outcome.Ends[actor].Answer.Text), TimelineEvent.Ended, outcome.Ends[actor].Answer.Error, []));
        }
    }

    private TimelineEntry Entry(Step step, TimelineEvent what) => new(
        _names[step.Actor],
        step.IsOwn ? "COMMIT (the explorer's, of the statement before)" : SqlForReading.Of(step.Sql, step.Parameters),
        what,
        step.SqlState is null ? step.IsOwn ? null : step.Tag : $"{step.SqlState}: {step.Message}",
        []);
}
