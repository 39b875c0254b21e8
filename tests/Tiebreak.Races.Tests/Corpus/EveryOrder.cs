using System.Data;
using Tiebreak.Races.Exploring;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Oracles;
using Tiebreak.Races.Scheduling;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>What a search through the orders of a race led to.</summary>
/// <param name="IsExhausted">Whether it came to its end.</param>
/// <param name="Orders">Different orders that it ran.</param>
/// <param name="Bad">How many of them break the actors.</param>
/// <param name="Outcomes">What they led to, each once, as the oracle sees it. Which actor a deadlock ended is left out, and a deadlock that an actor answers with "busy" as well: when it is seen, and who then gives way, is the server's choice.</param>
/// <param name="BadOrders">Those that break, for messages.</param>
internal sealed record EveryOrder(bool IsExhausted, int Orders, int Bad, IReadOnlySet<string> Outcomes, IReadOnlyList<string> BadOrders)
{
    /// <summary>The share of the bad among all orders, from 0 to 1.</summary>
    public double Share => Orders == 0 ? 0 : (double)Bad / Orders;

    /// <summary>Searches with the reduction or by brute force.</summary>
    public static async Task<EveryOrder> OfAsync(Race race, bool isBruteForce, TimeSpan budget, IsolationLevel level, CancellationToken cancellationToken)
    {
        await using var laboratory = await Laboratory.CreateAsync(await PrivateServer.StartAsync(), race.Scenario, cancellationToken);
        await laboratory.WarmUpAsync(null, cancellationToken);
        var options = new RunnerOptions { Autocommit = race.Scenario.Autocommit, Isolation = level };
        var search = new ScheduleSearch(laboratory, options, race.Options with { BruteForce = isBruteForce }, new Deadline(TimeProvider.System, budget));
        var result = await search.RunAsync(cancellationToken);
        if (result.Reason is { } reason)
        {
            throw new InvalidOperationException(reason);
        }

        foreach (var run in result.Runs)
        {
            // Those one at a time need no judgement in a search, and may need orders of fewer actors for one.
            await result.Serial.JudgeAsync(run, cancellationToken);
        }

        var judged = result.Runs.DistinctBy(run => run.Trace.Schedule).Select(run => (Run: run, Judgement: result.Serial.Of(run))).ToList();
        return new EveryOrder(
            result.IsExhausted,
            judged.Count,
            judged.Count(one => !one.Judgement.Holds),
            judged.Where(one => one.Run.DeadlockCycle is null || !one.Judgement.Holds).Select(one => Meaning(one.Run, one.Judgement)).ToHashSet(StringComparer.Ordinal),
            [.. judged.Where(one => !one.Judgement.Holds).Select(one => one.Run.Trace.Schedule.ToString())]);
    }

    /// <summary>What a run led to, in one line.</summary>
    public static string Meaning(Run run, Judgement judgement) => judgement.Kind is FindingKind.Deadlock
        ? "deadlock"
        : $"{string.Join(',', SerialOutcomes.WhoRan(run.Outcome!))}: {string.Join(" | ", judgement.Outcome.Lines.Concat(judgement.Outcome.Implied))}";
}
