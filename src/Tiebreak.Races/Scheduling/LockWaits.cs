using Tiebreak.Races.Resetting;

namespace Tiebreak.Races.Scheduling;

/// <summary>Who of the statements under way waits for a lock, and for whose.</summary>
internal sealed class LockWaits(IStage stage, IReadOnlyList<ActorRun> actors)
{
    private readonly Dictionary<int, int> _actorOf = [];

    /// <summary>Who was last seen to wait for whom, by actor.</summary>
    private readonly Dictionary<int, SortedSet<int>> _lastSeen = [];

    /// <summary>A process that is none of the actors' and that one of them waits for.</summary>
    public int? Stranger { get; private set; }

    /// <summary>Asks the database once, and marks those that wait until another of the actors goes on.</summary>
    public async Task LookAsync(IReadOnlyList<InFlight> flights, CancellationToken cancellationToken)
    {
        NoteProcesses(flights);
        var pids = flights.Select(flight => flight.Statement.BackendPid).ToList();
        var waits = await stage.FindBlockersAsync(pids, cancellationToken).ConfigureAwait(false);
        Stranger = null;
        foreach (var flight in flights)
        {
            flight.Blockers = waits.GetValueOrDefault(flight.Statement.BackendPid, []);
            if (flight.Blockers.Count > 0)
            {
                _lastSeen[flight.Actor.Index] = [.. ActorsOf(flight)];
            }
        }

        var byPid = flights.ToDictionary(flight => flight.Statement.BackendPid);
        foreach (var flight in flights)
        {
            flight.IsBlocked = Rests(flight, byPid, []);
        }
    }

    /// <summary>A lock may have been released by this process: those that wait for it, in person or in a chain, may go on.</summary>
    public static void Doubt(IReadOnlyList<InFlight> flights, Func<int, bool> released)
    {
        var byPid = flights.ToDictionary(flight => flight.Statement.BackendPid);
        foreach (var flight in flights)
        {
            flight.IsBlocked &= !Reaches(flight, byPid, released, []);
        }
    }

    public IEnumerable<int> ActorsOf(InFlight flight) =>
        flight.Blockers.Where(_actorOf.ContainsKey).Select(pid => _actorOf[pid]).Distinct();

    public bool Owns(int pid, ActorRun actor) => _actorOf.TryGetValue(pid, out var owner) && owner == actor.Index;

    /// <summary>The actors that waited for one another when the database made one give way.</summary>
    public IReadOnlyList<int> CycleOf(int victim)
    {
        var path = new List<int> { victim };
        if (_lastSeen.TryGetValue(victim, out var seen) && seen.Any(next => Closes(next, victim, path)))
        {
            return path;
        }

        // The database was faster than the look at it: the others still show who waits for the victim.
        path = [victim];
        while (_lastSeen.FirstOrDefault(pair => pair.Value.Contains(path[^1]) && !path.Contains(pair.Key)) is { Value: not null } waiting)
        {
            path.Add(waiting.Key);
        }

        return [victim, .. path.Skip(1).Reverse()];
    }

    public void Forget(InFlight flight) => _lastSeen.Remove(flight.Actor.Index);

    private bool Closes(int actor, int victim, List<int> path)
    {
        if (actor == victim)
        {
            return true;
        }

        if (path.Contains(actor))
        {
            return false;
        }

        path.Add(actor);
        if (_lastSeen.TryGetValue(actor, out var next) && next.Any(other => Closes(other, victim, path)))
        {
            return true;
        }

        path.RemoveAt(path.Count - 1);
        return false;
    }

    private void NoteProcesses(IReadOnlyList<InFlight> flights)
    {
        foreach (var actor in actors)
        {
            foreach (var pid in actor.Gate.BackendPids)
            {
                _actorOf[pid] = actor.Index;
            }
        }

        foreach (var flight in flights)
        {
            _actorOf[flight.Statement.BackendPid] = flight.Actor.Index;
        }
    }

    // One that waits rests when all that it waits for rest: idle at the gate, or waiting themselves. In a circle nobody
    // rests, since the database is about to break it.
    private bool Rests(InFlight flight, Dictionary<int, InFlight> byPid, HashSet<InFlight> above)
    {
        if (flight.Blockers.Count == 0 || !above.Add(flight))
        {
            return false;
        }

        var rests = true;
        foreach (var pid in flight.Blockers)
        {
            if (!_actorOf.ContainsKey(pid))
            {
                Stranger = pid;
                rests = false;
            }
            else if (byPid.TryGetValue(pid, out var other))
            {
                rests &= Rests(other, byPid, above);
            }
        }

        above.Remove(flight);
        return rests;
    }

    private static bool Reaches(InFlight flight, Dictionary<int, InFlight> byPid, Func<int, bool> released, HashSet<InFlight> seen) =>
        seen.Add(flight) && flight.Blockers.Any(pid => released(pid) || (byPid.TryGetValue(pid, out var other) && Reaches(other, byPid, released, seen)));
}
