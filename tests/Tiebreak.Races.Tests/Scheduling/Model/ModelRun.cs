using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Scheduling;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Scheduling.Model;

/// <summary>Runs programs of the model in the order that a picker says, as the runner does with a real database.</summary>
internal sealed class ModelRun
{
    private readonly ModelActor[] _actors;
    private readonly ModelDatabase _database = new();
    private readonly List<Step> _steps = [];
    private readonly List<IReadOnlyList<int>> _ready = [];
    private readonly List<Waiting> _waiting = [];
    private readonly List<int> _cameBack = [];

    private ModelRun(IReadOnlyList<ModelProgram> programs) =>
        _actors = [.. programs.Select((program, index) => new ModelActor(index, program, _database))];

    public static Run Of(IReadOnlyList<ModelProgram> programs, IPicker picker) => new ModelRun(programs).Go(picker);

    /// <summary>What can be seen of a run from outside.</summary>
    public static string Seen(Run run) => string.Join(" | ", run.Outcome!.Ends.Select(end => end.Answer.Text))
        + " -> " + string.Join(" ", run.Outcome.Tables["rows"].Rows.Select(row => row[0]));

    private Run Go(IPicker picker)
    {
        for (var last = -1; ;)
        {
            int[] ready = [.. _actors.Where(actor => !actor.HasEnded && !_waiting.Exists(waiting => waiting.Actor == actor)).Select(actor => actor.Index)];
            if (ready.Length == 0)
            {
                break;
            }

            last = picker.Pick(ready, last);
            _ready.Add(ready);
            _cameBack.Clear();
            Release(_actors[last]);
            GoOn();
            foreach (var waiting in _waiting)
            {
                waiting.BlockedBy.UnionWith(waiting.Blockers.Select(blocker => blocker.Actor));
            }
        }

        Assert.Empty(_waiting);
        var schedule = new Schedule(string.Concat(_steps.Select(step => Schedule.LetterOf(step.Actor))));
        var rows = new TableRows(["row"], [.. _database.Rows.Select(pair => (IReadOnlyList<string?>)[$"{pair.Key}={pair.Value}"])]);
        return new Run(RunEnd.Completed, new Trace(schedule, _steps, _ready), new Outcome(
            [.. _actors.Select(actor => new ActorEnd(new ActorAnswer(actor.Answer), true))],
            new Dictionary<string, TableRows>(StringComparer.Ordinal) { ["rows"] = rows },
            []));
    }

    private void Release(ModelActor actor)
    {
        _steps.Add(new Step { Actor = actor.Index, Kind = actor.Kind, Sql = actor.Sql, IsAutocommit = actor.IsAutocommit });
        var changes = new List<RowChange>();
        var waiting = new Waiting(actor, actor.Kind, _steps.Count - 1, changes, actor.Begin(changes));
        _waiting.Add(waiting);
        Advance(waiting);
    }

    // Those that wait are asked in the order in which they began to, until none gets further.
    private void GoOn()
    {
        while (_waiting.ToList().Exists(waiting => _waiting.Contains(waiting) && Advance(waiting)))
        {
        }
    }

    /// <summary>Goes as far as it can; returns whether it came back.</summary>
    private bool Advance(Waiting waiting)
    {
        string? error = null;
        try
        {
            if (waiting.Statement.MoveNext())
            {
                waiting.Blockers = waiting.Statement.Current;
                if (!Closes(waiting, waiting, []))
                {
                    return false;
                }

                error = "40P01";
            }
        }
        catch (ModelError failure)
        {
            error = failure.SqlState;
        }

        _waiting.Remove(waiting);
        waiting.Actor.Finish(waiting.Kind, waiting.Changes.Count, error);
        var cause = _cameBack.FindLastIndex(position => waiting.BlockedBy.Contains(_steps[position].Actor));
        _steps[waiting.Position] = _steps[waiting.Position] with
        {
            Tag = error is not null ? null : _steps[waiting.Position].Sql.StartsWith("SELECT", StringComparison.Ordinal) ? $"SELECT {(waiting.Actor.LastRead < 0 ? 0 : 1)}" : $"DONE {waiting.Changes.Count}",
            SqlState = error,
            Changes = error is null ? waiting.Changes : [],
            BlockedBy = [.. waiting.BlockedBy],
            ResumedBy = waiting.BlockedBy.Count == 0 ? null : cause < 0 ? _steps.Count - 1 : _cameBack[cause],
        };
        _cameBack.Add(waiting.Position);
        return true;
    }

    private bool Closes(Waiting from, Waiting to, HashSet<Waiting> seen) => seen.Add(from) && from.Blockers.Any(blocker =>
        blocker.Actor == to.Actor.Index || (_waiting.Find(other => other.Actor.Index == blocker.Actor) is { } next && Closes(next, to, seen)));

    private sealed class Waiting(ModelActor actor, StepKind kind, int position, List<RowChange> changes, IEnumerator<IReadOnlyList<ModelTransaction>> statement)
    {
        public ModelActor Actor { get; } = actor;

        public StepKind Kind { get; } = kind;

        public int Position { get; } = position;

        public List<RowChange> Changes { get; } = changes;

        public IEnumerator<IReadOnlyList<ModelTransaction>> Statement { get; } = statement;

        public IReadOnlyList<ModelTransaction> Blockers { get; set; } = [];

        public SortedSet<int> BlockedBy { get; } = [];
    }
}
