using Tiebreak.Races.Traces;
using Tiebreak.Races.Wire;

namespace Tiebreak.Races.Scheduling;

/// <summary>Writes a trace while it happens.</summary>
internal sealed class TraceRecorder
{
    private readonly List<Step> _steps = [];
    private readonly List<IReadOnlyList<int>> _ready = [];

    /// <summary>Positions of the steps that came back since the last one was let go, in that order.</summary>
    private readonly List<int> _cameBack = [];

    public int Count => _steps.Count;

    public IReadOnlyList<Step> Steps => _steps;

    public void Add(IReadOnlyList<int> ready, int actor, IHeldStatement statement)
    {
        _cameBack.Clear();
        _ready.Add(ready);
        _steps.Add(new Step
        {
            Actor = actor,
            Connection = statement.Connection,
            Kind = statement.Kind,
            Sql = statement.Sql,
            Parameters = statement.Parameters,
            IsAutocommit = statement.IsAutocommit,
            Isolation = statement.Isolation,
        });
    }

    public void CameBack(InFlight flight, StatementResult result)
    {
        _steps[flight.Position] = _steps[flight.Position] with
        {
            Tag = result.Tag,
            SqlState = result.SqlState,
            Message = result.Message,
            Changes = result.Changes,
            BlockedBy = [.. flight.BlockedBy],
            ResumedBy = flight.BlockedBy.Count == 0 ? null : ResumedBy(flight),
        };
        _cameBack.Add(flight.Position);
    }

    /// <summary>One that waits when the run is given up.</summary>
    public void StillWaits(InFlight flight) =>
        _steps[flight.Position] = _steps[flight.Position] with { BlockedBy = [.. flight.BlockedBy] };

    public Trace ToTrace() =>
        new(new Schedule(string.Concat(_steps.Select(step => Schedule.LetterOf(step.Actor)))), [.. _steps], [.. _ready]);

    // What let it go on is the last step that came back of one of those that it waited for; when none did, one of
    // them has ended, or was the database's victim.
    private int ResumedBy(InFlight flight) =>
        _cameBack.FindLastIndex(position => flight.BlockedBy.Contains(_steps[position].Actor)) is >= 0 and var found
            ? _cameBack[found]
            : _steps.Count - 1;
}
