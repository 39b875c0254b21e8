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
                _lastSeen[flight.Actor.Index] = [.. ActorsOf(flight).Where(actor => actor != flight.Actor.Index)];
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

    /// <summary>The actors that waited for one another when the database made one give way; empty when too little of it was seen.</summary>
    /// <param name="victim">The one that gave way.</param>
    /// <param name="others">What is still under way.</param>
    public IReadOnlyList<int> CycleOf(int victim, IReadOnlyList<InFlight> others) =>
        new WaitCycle(_lastSeen).Of(victim, [.. others.Select(flight => flight.Actor.Index).Where(actor => actor != victim).Distinct()]);

    public void Forget(InFlight flight) => _lastSeen.Remove(flight.Actor.Index);

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
