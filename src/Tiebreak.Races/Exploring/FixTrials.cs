using Npgsql;
using Tiebreak.Races.Explaining;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Scheduling;
using Tiebreak.Races.Traces;
using Tiebreak.Races.Wire;

namespace Tiebreak.Races.Exploring;

/// <summary>
/// Applies changes on the wire or in the scratch database and explores again, so that a fix is told only with what came of it.
/// </summary>
internal sealed class FixTrials(Laboratory laboratory, RunnerOptions options, ExplorationOptions race, Deadline deadline)
{
    private const int MostCandidates = 20;

    private readonly string[] _names = [.. laboratory.Scenario.Actors.Select(actor => actor.Name)];

    /// <summary>Tries what might mend a finding, the cheapest first. What forbids something that is allowed one at a time is no fix.</summary>
    /// <param name="found">The run that breaks.</param>
    /// <param name="serial">The orders one at a time as they are without a fix.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<TriedFix>> TryAsync(FoundRun found, SerialRuns serial, CancellationToken cancellationToken)
    {
        var tried = new List<TriedFix>();
        if (found.Judgement.Kind is FindingKind.WrongOneAtATime)
        {
            return tried;
        }

        // An application that listens for one database cannot be given another one.
        var isTied = laboratory.Scenario.Actors.Any(actor => actor.Port != 0);
        var candidates = FixCandidates.Of(found.Run, serial.Complete, laboratory.Database.Catalog, options.Isolation, _names)
            .Where(candidate => candidate.Schema is null || !isTied).Take(MostCandidates).ToList();
        for (var number = 0; number < candidates.Count && !deadline.IsOver; number++)
        {
            // What one does not need is left to those behind it.
            var part = deadline.Share(1.0 / (candidates.Count - number));
            if (await ExploreWithAsync(candidates[number], part, cancellationToken).ConfigureAwait(false) is { } result && (candidates[number].Schema is null || result.Serial.AreAlike(serial)))
            {
                tried.Add(new TriedFix(candidates[number].What, result.Verdict, result.Schedules, result.BadSchedules, result.IsExhausted, result.BlockedSteps)
                {
                    Reason = result.Verdict is Verdict.Unknown ? result.Reason ?? (result.IsIrregular ? "some orders could not be run as planned" : "its part of the budget ended first") : null,
                });
            }
        }

        // The cheapest that holds first: where nobody has to be run again, the one for which the fewest wait.
        return [.. tried.Select((fix, index) => (fix, index)).OrderBy(one => one.fix.Verdict is Verdict.Holds ? 0 : 1)
            .ThenBy(one => one.fix.Verdict is Verdict.Holds && one.fix.What.Contains("run an actor again", StringComparison.Ordinal) ? 1 : 0)
            .ThenBy(one => one.fix.Verdict is Verdict.Holds ? one.fix.BlockedSteps : 0).ThenBy(one => one.index).Select(one => one.fix)];
    }

    /// <summary>Takes out each lock that the actors take; those without which every order still holds are redundant for them.</summary>
    public async Task<IReadOnlyList<RedundantLock>> FindRedundantLocksAsync(IReadOnlyList<Trace> traces, CancellationToken cancellationToken)
    {
        var redundant = new List<RedundantLock>();
        foreach (var removal in LockRemovals.Of(traces))
        {
            if (deadline.IsOver)
            {
                break;
            }

            var without = options with { Settings = new Dictionary<int, GateSettings> { [removal.Actor] = options.For(removal.Actor) with { Rewrite = removal.Rewrite } } };
            var result = await SearchAsync(without, [], deadline, cancellationToken).ConfigureAwait(false);
            if (result.Verdict is Verdict.Holds)
            {
                redundant.Add(new RedundantLock(_names[removal.Actor], removal.Sql, result.Schedules));
            }
        }

        return redundant;
    }

    private async Task<SearchResult?> ExploreWithAsync(FixCandidate candidate, Deadline part, CancellationToken cancellationToken)
    {
        var changed = options with { Isolation = candidate.Isolation ?? options.Isolation, Retries = candidate.Retries };
        changed = changed with
        {
            Settings = Enumerable.Range(0, _names.Length).ToDictionary(actor => actor, actor => changed.For(actor) with
            {
                Isolation = changed.Isolation,
                First = candidate.First.GetValueOrDefault(actor),
                Rewrite = candidate.Rewrites.GetValueOrDefault(actor),
                OneTransaction = candidate.OneTransaction.Contains(actor),
            }),
        };
        if (candidate.Schema is null)
        {
            return await SearchAsync(changed, [], part, cancellationToken, candidate.RunsEveryOrder).ConfigureAwait(false);
        }

        try
        {
            // A database of its own: what is added here is no part of the scenario.
            await using var other = await laboratory.WithAsync(candidate.Schema, cancellationToken).ConfigureAwait(false);
            return await new FixTrials(other, options, race, part).SearchAsync(changed, [PostgresErrorCodes.UniqueViolation, PostgresErrorCodes.ExclusionViolation], part, cancellationToken).ConfigureAwait(false);
        }
        catch (RaceException)
        {
            // The starting rows do not allow it, so it is no fix.
            return null;
        }
    }

    private Task<SearchResult> SearchAsync(RunnerOptions changed, IReadOnlyList<string> refusedBy, Deadline part, CancellationToken cancellationToken, bool everyOrder = false) =>
        new ScheduleSearch(laboratory, changed, race with { Progress = null, BruteForce = everyOrder }, part) { RefusedBy = refusedBy, StopsAtFirst = true }.RunAsync(cancellationToken);
}
