namespace Tiebreak.Races.Scheduling;

/// <summary>Finds out who waited for one another, though the database may have broken the circle before all of it was seen.</summary>
/// <param name="seen">Who was last seen to wait for whom, by actor.</param>
internal sealed class WaitCycle(IReadOnlyDictionary<int, SortedSet<int>> seen)
{
    /// <param name="victim">The one that gave way.</param>
    /// <param name="others">Those of the others whose statements are still under way.</param>
    /// <returns>Each waits for the next, and the last for the first, which is the victim; empty when too little was seen.</returns>
    public IReadOnlyList<int> Of(int victim, IReadOnlyList<int> others)
    {
        var path = new List<int> { victim };
        if (seen.TryGetValue(victim, out var first) && first.Any(next => Closes(next, victim, path)))
        {
            return path;
        }

        // What was seen is a chain through the victim; the wait that was not seen joins its ends.
        path = [victim];
        while (seen.TryGetValue(path[^1], out var next) && next.Any(actor => !path.Contains(actor)))
        {
            path.Add(next.First(actor => !path.Contains(actor)));
        }

        var behind = path.Count;
        for (var head = victim; Waiting(head, path) is { } waiting; head = waiting)
        {
            path.Insert(behind, waiting);
        }

        return path.Count > 1 ? path : others is [var other] ? [victim, other] : [];
    }

    private int? Waiting(int head, List<int> path)
    {
        foreach (var (actor, waitsFor) in seen)
        {
            if (waitsFor.Contains(head) && !path.Contains(actor))
            {
                return actor;
            }
        }

        return null;
    }

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
        if (seen.TryGetValue(actor, out var next) && next.Any(other => Closes(other, victim, path)))
        {
            return true;
        }

        path.RemoveAt(path.Count - 1);
        return false;
    }
}
