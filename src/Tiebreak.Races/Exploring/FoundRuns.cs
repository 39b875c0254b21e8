using Tiebreak.Races.Findings;
using Tiebreak.Races.Oracles;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Exploring;

/// <summary>The runs that break the actors: how many, and of each way the one that is read most easily.</summary>
internal sealed class FoundRuns
{
    private readonly Dictionary<(FindingKind Kind, string? Of), FoundRun> _shortest = [];

    /// <summary>How many break them.</summary>
    public int Count { get; private set; }

    /// <summary>How many had been run when the first was found, that one included.</summary>
    public int? FirstAfter { get; private set; }

    /// <summary>How long that took.</summary>
    public TimeSpan? FirstIn { get; private set; }

    /// <summary>Whether an invariant is broken even one at a time.</summary>
    public bool AnyOneAtATime => _shortest.Keys.Any(key => key.Kind is FindingKind.WrongOneAtATime);

    /// <summary>Each way in which it breaks, the gravest kind first.</summary>
    public IReadOnlyList<FoundRun> Shortest => [.. _shortest.Values.OrderBy(found => found.Judgement.Kind)];

    public void Add(Run run, Judgement judgement, TimeSpan elapsed, int runs)
    {
        if (judgement.Kind is not FindingKind.AnotherRefusal)
        {
            Count++;
            FirstAfter ??= runs;
            FirstIn ??= elapsed;
        }

        var key = (judgement.Kind!.Value, judgement.Kind is FindingKind.Error ? judgement.SqlState : judgement.Invariant);
        if (!_shortest.TryGetValue(key, out var known) || FewerSwitches(run.Trace.Schedule, known.Run.Trace.Schedule))
        {
            _shortest[key] = new FoundRun(run, judgement);
        }
    }

    private static bool FewerSwitches(Schedule schedule, Schedule than) => Explaining.Shortest.IsBetter(schedule, than);
}
