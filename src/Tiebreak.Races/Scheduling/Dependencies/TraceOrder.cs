using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling.Dependencies;

/// <summary>
/// Which steps of a trace have to come before which (happens-before), and which neighbours in that order could have
/// come the other way round. A step that waited is there when it is let go; when it comes back, what it does then
/// counts as done by the step that let it go on.
/// </summary>
internal sealed class TraceOrder
{
    private readonly Trace _trace;
    private readonly bool[][] _before;
    private readonly List<(int Earlier, int Later)> _races = [];
    private readonly List<List<int>> _neighbours = [];

    public TraceOrder(Trace trace, IReadOnlyList<Footprint> footprints)
    {
        _trace = trace;
        var count = trace.Steps.Count;
        var done = Done(trace);
        var evident = Evident(trace, footprints);
        _before = new bool[count][];
        for (var later = 0; later < count; later++)
        {
            var before = _before[later] = new bool[later];
            var neighbours = new List<int>();
            for (var earlier = later - 1; earlier >= 0; earlier--)
            {
                if (before[earlier])
                {
                    continue;
                }

                var isForced = IsForced(earlier, later, done);
                if (!isForced && !evident.Contains((earlier, later)) && !AreDependent(done[earlier], done[later], footprints))
                {
                    continue;
                }

                before[earlier] = true;
                neighbours.Add(earlier);
                for (var further = 0; further < earlier; further++)
                {
                    before[further] |= _before[earlier][further];
                }

                if (!isForced)
                {
                    _races.Add((earlier, later));
                }
            }

            _neighbours.Add(neighbours);
        }
    }

    /// <summary>Pairs of steps of different actors that depend on each other, with nothing between them in the order, and that both could have gone first.</summary>
    public IReadOnlyList<(int Earlier, int Later)> Races => _races;

    /// <summary>The steps right before a step in the order.</summary>
    public IReadOnlyList<int> Neighbours(int step) => _neighbours[step];

    public bool IsBefore(int earlier, int later) => _before[later][earlier];

    // What happens at each letter: the step itself, and those that came back because of it.
    private static List<int>[] Done(Trace trace)
    {
        var done = Enumerable.Range(0, trace.Steps.Count).Select(position => new List<int> { position }).ToArray();
        for (var position = 0; position < done.Length; position++)
        {
            if (trace.Steps[position].ResumedBy is not { } cause)
            {
                continue;
            }

            // What let it go on may itself have come back late: the letter that moved them all is what counts.
            while (trace.Steps[cause].ResumedBy is { } deeper && deeper > cause)
            {
                cause = deeper;
            }

            if (cause > position)
            {
                done[cause].Add(position);
            }
        }

        return done;
    }

    // An actor's steps in their order, and its next step after what let the one before go on.
    private bool IsForced(int earlier, int later, List<int>[] done)
    {
        var actor = _trace.Steps[later].Actor;
        return _trace.Steps[earlier].Actor == actor
            || done[earlier].Exists(step => _trace.Steps[step].Actor == actor);
    }

    private bool AreDependent(List<int> earlier, List<int> later, IReadOnlyList<Footprint> footprints) =>
        earlier.Exists(one => later.Exists(other =>
            one == other || (_trace.Steps[one].Actor != _trace.Steps[other].Actor && Dependency.Between(footprints[one], footprints[other]))));

    // A step that was seen waiting depends on the one that let it go on, and on something of the transaction that it
    // waited for; when no footprint says on what, then on all of it.
    private static HashSet<(int Earlier, int Later)> Evident(Trace trace, IReadOnlyList<Footprint> footprints)
    {
        var found = new HashSet<(int Earlier, int Later)>();
        for (var later = 0; later < trace.Steps.Count; later++)
        {
            foreach (var blocker in trace.Steps[later].BlockedBy)
            {
                var held = HeldBefore(trace, blocker, later).ToList();
                if (!held.Exists(step => Dependency.Between(footprints[step] with { Ended = [] }, footprints[later])))
                {
                    found.UnionWith(held.Where(step => !footprints[step].IsNothing).Select(step => (step, later)));
                }
            }
        }

        return found;
    }

    private static IEnumerable<int> HeldBefore(Trace trace, int actor, int later)
    {
        for (var position = later - 1; position >= 0; position--)
        {
            var step = trace.Steps[position];
            if (step.Actor == actor && step.Kind != StepKind.Statement)
            {
                yield break;
            }

            if (step.Actor == actor)
            {
                yield return position;
            }
        }
    }
}
