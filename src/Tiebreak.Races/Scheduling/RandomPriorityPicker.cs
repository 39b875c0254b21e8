namespace Tiebreak.Races.Scheduling;

/// <summary>
/// Probabilistic concurrency testing: every actor has a random priority, the ready one with the highest goes, and at
/// a few random steps the one that goes falls below all others. A bug that needs d such steps is hit with probability
/// at least 1/(n k^(d-1)) for n actors and k steps.
/// </summary>
/// <remarks>
/// Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs
/// (ASPLOS 2010).
/// </remarks>
internal sealed class RandomPriorityPicker : IPicker
{
    private readonly int[] _priorities;
    private readonly HashSet<int> _changePoints;
    private int _step;
    private int _lowest;

    /// <param name="actors">How many there are.</param>
    /// <param name="seed">Gives the same choices again.</param>
    /// <param name="changes">At how many steps the one that goes falls below the others.</param>
    /// <param name="steps">How many steps a run has, about.</param>
    public RandomPriorityPicker(int actors, int seed, int changes, int steps)
    {
        var random = new Random(seed);
        _priorities = [.. Enumerable.Range(1, actors)];
        random.Shuffle(_priorities);
        _changePoints = [.. Enumerable.Range(0, changes).Select(_ => random.Next(1, Math.Max(2, steps)))];
    }

    public int Pick(IReadOnlyList<int> ready, int last)
    {
        if (_changePoints.Contains(_step++) && last >= 0)
        {
            _priorities[last] = --_lowest;
        }

        return ready.MaxBy(actor => _priorities[actor]);
    }
}
