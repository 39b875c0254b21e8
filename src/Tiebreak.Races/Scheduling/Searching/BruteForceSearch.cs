using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling.Searching;

/// <summary>Every schedule, also those that the reduction knows to be equal.</summary>
/// <param name="known">What was run before, by any search; what this one runs is added.</param>
internal sealed class BruteForceSearch(KnownRuns known) : ISearch
{
    private readonly BoundedSearch _all = new(known, int.MaxValue);

    public bool IsExhausted => _all.IsExhausted;

    public IPicker? Next() => _all.Next();

    public void Learn(Run run, IPicker? by = null) => _all.Learn(run, by);
}
