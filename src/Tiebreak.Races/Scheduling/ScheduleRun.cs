using Tiebreak.Races.Resetting;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Traces;
using Tiebreak.Races.Wire;

namespace Tiebreak.Races.Scheduling;

/// <summary>One run of all actors, from their start to their end.</summary>
internal sealed class ScheduleRun
{
    // When an actor waits with one connection, another of its connections may be about to send something.
    private static readonly TimeSpan OtherConnections = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(0.3);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMilliseconds(20);

    private readonly ActorRun[] _actors;
    private readonly IStage _stage;
    private readonly RunnerOptions _options;
    private readonly LockWaits _waits;
    private readonly TraceRecorder _trace = new();
    private readonly List<InFlight> _flights = [];
    private readonly List<RowChange> _unanswered = [];
    private long _lastEvent;
    private bool _stopped;

    public ScheduleRun(IReadOnlyList<Actor> actors, IReadOnlyList<IActorGate> gates, IStage stage, RunnerOptions options, CancellationToken cancellationToken)
    {
        _actors = [.. actors.Select((actor, index) => new ActorRun(index, actor, gates[index], options.For(index), options.Retries, cancellationToken))];
        _stage = stage;
        _options = options;
        _waits = new LockWaits(stage, _actors);
    }

    public IReadOnlyList<int>? DeadlockCycle { get; private set; }

    public IReadOnlyList<ActorEnd> Ends => [.. _actors.Select(actor => actor.End!)];

    public Trace ToTrace() => _trace.ToTrace();

    /// <summary>Runs until all have ended, or the picker has enough; returns whether all have ended.</summary>
    public async Task<bool> GoAsync(IPicker picker, CancellationToken cancellationToken)
    {
        foreach (var actor in _actors)
        {
            actor.Start();
        }

        for (var last = -1; ;)
        {
            await SettleAsync(cancellationToken).ConfigureAwait(false);
            int[] ready = [.. _actors.Where(actor => actor.Held is not null).Select(actor => actor.Index)];
            if (ready.Length == 0)
            {
                return true;
            }

            last = picker.Pick(ready, last);
            if (last < 0)
            {
                return false;
            }

            _trace.Add(ready, last, _actors[last].Held!);
            _flights.Add(_actors[last].Release(_trace.Count - 1));
        }
    }

    /// <summary>Stops whoever still runs, and tells the stage what was written. Returns those that do not stop.</summary>
    public async Task<IReadOnlyList<(string Name, Task Answer)>> StopAsync(bool close)
    {
        if (_stopped)
        {
            return [];
        }

        _stopped = true;
        // All at once: one may wait for a lock that only the end of another gives free.
        var patience = TimeSpan.FromTicks(Math.Min(_options.Patience.Ticks, TimeSpan.FromSeconds(3).Ticks));
        var stopped = await Task.WhenAll(_actors.Select(actor => actor.StopAsync(close, patience, _options.Time))).ConfigureAwait(false);
        foreach (var flight in _flights)
        {
            _trace.StillWaits(flight);
            if (flight.Result.IsCompletedSuccessfully)
            {
                _unanswered.AddRange(flight.Result.Result.Changes);
            }
            else
            {
                // It may still write: its tables are not known to be as they were.
                _unanswered.AddRange(_stage.Catalog.Tables.Keys.Select(table => new RowChange(table, null, null)));
            }
        }

        _stage.NoteWritten(_trace.Steps.SelectMany(step => step.Changes).Concat(_unanswered));
        return [.. _actors.Where((_, index) => !stopped[index]).Select(actor => (actor.Name, (Task)actor.Answer))];
    }

    /// <summary>Returns when every actor waits at the gate, waits for a lock of another one, or has ended.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        _lastEvent = _options.Time.GetTimestamp();
        var backOff = AtOnce;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await TakeEventsAsync(cancellationToken).ConfigureAwait(false))
            {
                _lastEvent = _options.Time.GetTimestamp();
                backOff = AtOnce;
            }

            var isStuck = IsStuck();
            if (!isStuck && IsQuiescent())
            {
                NoteBlocked();
                return;
            }

            if (_options.Time.GetElapsedTime(_lastEvent) > _options.Patience)
            {
                throw new RunGivenUpException(new Impatience(_flights, _waits, _options.Patience).WhyNot(_actors, IsStuck(), Array.Find(_actors, actor => !Rests(actor))));
            }

            var isLookedFor = _flights.Exists(flight => !flight.IsBlocked) || isStuck;
            var limit = isLookedFor ? backOff : _actors.Any(HasOtherConnections) ? OtherConnections : _options.Patience;
            if (!await ArrivesAsync(limit, cancellationToken).ConfigureAwait(false) && isLookedFor)
            {
                await _waits.LookAsync(_flights, cancellationToken).ConfigureAwait(false);
                backOff = TimeSpan.FromTicks(Math.Min(backOff.Ticks * 2, LongestBackOff.Ticks));
            }
        }
    }

    private async Task<bool> TakeEventsAsync(CancellationToken cancellationToken)
    {
        var any = false;
        foreach (var flight in _flights.Where(flight => flight.Result.IsCompleted).ToList())
        {
            any = true;
            TakeAnswer(flight, await flight.Result.ConfigureAwait(false));
        }

        foreach (var actor in _actors)
        {
            if (actor.End is null && actor.Answer.IsCompleted && !await OwesCommitAsync(actor, cancellationToken).ConfigureAwait(false))
            {
                any = true;
                await actor.FinishAsync(cancellationToken).ConfigureAwait(false);
                LockWaits.Doubt(_flights, pid => _waits.Owns(pid, actor));
            }
            else
            {
                any |= actor.TakeArrived();
            }
        }

        return any;
    }

    /// <summary>Its answer to a commit that is under way is taken before it ends.</summary>
    private async ValueTask<bool> OwesCommitAsync(ActorRun actor, CancellationToken cancellationToken) =>
        await actor.OwesFinalCommitAsync(cancellationToken).ConfigureAwait(false)
        || (_options.For(actor.Index).OneTransaction && _flights.Exists(flight => flight.Actor == actor && flight.Statement.Kind is StepKind.Commit));

    private void TakeAnswer(InFlight flight, StatementResult result)
    {
        _flights.Remove(flight);
        _trace.CameBack(flight, result);
        flight.Actor.Note(flight.Statement, result);
        if (result.SqlState == "08006")
        {
            throw new RunGivenUpException($"{flight.Actor.Name} lost its connection during {Impatience.Quoted(flight)}: {result.Message}");
        }

        if (result.SqlState == "40P01")
        {
            DeadlockCycle ??= _waits.CycleOf(flight.Actor.Index);
        }

        _waits.Forget(flight);
        if (result.TransactionStatus != 'T' || flight.Statement.Sql.Contains("unlock", StringComparison.OrdinalIgnoreCase))
        {
            LockWaits.Doubt(_flights, pid => pid == flight.Statement.BackendPid);
        }
    }

    /// <summary>Waits for something to happen, for a while; false when nothing did.</summary>
    private async Task<bool> ArrivesAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var awaited = _flights.Select(flight => (Task)flight.Result)
            .Concat(_actors.Where(actor => actor.End is null).SelectMany(actor => actor.OwesFinalCommit ? [actor.Next] : new[] { actor.Next, (Task)actor.Answer }))
            .OfType<Task>().ToArray();
        if (limit <= AtOnce)
        {
            // Shorter than a timer can be told.
            for (var start = _options.Time.GetTimestamp(); _options.Time.GetElapsedTime(start) < limit; await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding))
            {
                if (Array.Exists(awaited, static task => task.IsCompleted))
                {
                    return true;
                }
            }

            return false;
        }

        try
        {
            await Task.WhenAny(awaited).WaitAsync(limit, _options.Time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private bool IsQuiescent() => _flights.TrueForAll(flight => flight.IsBlocked) && Array.TrueForAll(_actors, Rests);

    private bool Rests(ActorRun actor)
    {
        if (actor.End is not null || actor.Held is not null)
        {
            return true;
        }

        return _flights.Exists(flight => flight.Actor == actor)
            && (!HasOtherConnections(actor) || _options.Time.GetElapsedTime(_lastEvent) > OtherConnections);
    }

    private bool HasOtherConnections(ActorRun actor) =>
        actor.End is null && actor.Held is null && actor.Gate.BackendPids.Count > 1 && _flights.Exists(flight => flight.Actor == actor);

    // All wait and nobody is left to go on: a circle that the database will break, or a lock that nobody gives free.
    private bool IsStuck() => _flights.Count > 0 && Array.TrueForAll(_actors, actor => actor.Held is null)
        && Array.TrueForAll(_actors, actor => actor.End is not null || _flights.Exists(flight => flight.Actor == actor));

    private void NoteBlocked()
    {
        foreach (var flight in _flights)
        {
            flight.BlockedBy.UnionWith(_waits.ActorsOf(flight).Where(actor => actor != flight.Actor.Index));
        }
    }
}
