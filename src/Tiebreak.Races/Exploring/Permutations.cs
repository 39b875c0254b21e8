namespace Tiebreak.Races.Exploring;

/// <summary>Orders one at a time.</summary>
internal static class Permutations
{
    /// <summary>Every order of these.</summary>
    public static IEnumerable<IReadOnlyList<int>> Of(IReadOnlyList<int> actors)
    {
        if (actors.Count == 0)
        {
            yield return [];
        }

        foreach (var first in actors)
        {
            foreach (var rest in Of([.. actors.Where(actor => actor != first)]))
            {
                yield return [first, .. rest];
            }
        }
    }
}
