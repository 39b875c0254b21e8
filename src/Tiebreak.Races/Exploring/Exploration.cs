using System.Data;
using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Scheduling;

namespace Tiebreak.Races.Exploring;

/// <summary>Explores a race: at each isolation level a search, what it found explained, fixes tried.</summary>
internal sealed class Exploration(RaceSetUp race)
{
    private readonly ExplorationOptions _options = race.Options;

    public async Task<RaceReport> RunAsync(CancellationToken cancellationToken)
    {
        Check(race.Scenario);
        var server = race.Server ?? await PrivateServer.StartAsync().ConfigureAwait(false);
        await using var laboratory = await Laboratory.CreateAsync(server, race.Scenario, cancellationToken).ConfigureAwait(false);
        if (race.Scenario.Warmup)
        {
            await laboratory.WarmUpAsync(_options.Patience, cancellationToken).ConfigureAwait(false);
        }

        var deadline = new Deadline(TimeProvider.System, _options.Budget);
        var reports = new List<RaceReport>();
        foreach (var (level, index) in _options.Isolations.Select((level, index) => (level, index)))
        {
            var part = deadline.Share(1.0 / (_options.Isolations.Count - index));
            try
            {
                reports.Add(await ExploreAsync(laboratory, level, part, cancellationToken).ConfigureAwait(false));
            }
            catch (NpgsqlException exception) when (!cancellationToken.IsCancellationRequested)
            {
                // In a run it is the run's reason; this is between two runs.
                return new RaceReport { Verdict = Verdict.Unknown, Reason = $"The database does not answer as it should: {exception.Message}", Actors = [.. race.Scenario.Actors.Select(actor => actor.Name)] };
            }
        }

        return Together(reports);
    }

    /// <exception cref="RaceException">Something in it cannot be explored.</exception>
    public static void Check(Scenarios.Scenario scenario)
    {
        if (scenario.Actors.Count is < 2 or > 4)
        {
            throw new RaceException($"A race has two to four actors, and this one has {scenario.Actors.Count}: add them with Actor(name, operation).");
        }

        if (scenario.Actors.GroupBy(actor => actor.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new RaceException($"Two actors are named '{twice.Key}': give each a name of its own.");
        }
    }

    private async Task<RaceReport> ExploreAsync(Laboratory laboratory, IsolationLevel level, Deadline deadline, CancellationToken cancellationToken)
    {
        var options = new RunnerOptions { Autocommit = laboratory.Scenario.Autocommit, Isolation = level, Patience = _options.Patience ?? RunnerOptions.UsualPatience };
        var searched = _options.TriesFixes ? deadline.Share(0.8) : deadline;
        var result = await new ScheduleSearch(laboratory, options, _options, searched).RunAsync(cancellationToken).ConfigureAwait(false);
        var toTry = result.Found.Count;
        var findings = new List<Finding>();
        foreach (var found in result.Found)
        {
            var finding = FindingOf.Run(found, laboratory, level);
            var trials = new FixTrials(laboratory, options, _options, deadline.Share(1.0 / Math.Max(1, toTry--)));
            findings.Add(_options.TriesFixes && result.Verdict is Verdict.Broken && finding.Kind is not FindingKind.AnotherRefusal ? finding with { Fixes = await trials.TryAsync(found, result.Serial, cancellationToken).ConfigureAwait(false) } : finding);
        }

        var redundant = _options.TriesFixes && result.Verdict is Verdict.Holds
            ? await new FixTrials(laboratory, options, _options, deadline).FindRedundantLocksAsync([.. result.Runs.Select(run => run.Trace)], cancellationToken).ConfigureAwait(false)
            : [];
        var isNothing = result is { Verdict: Verdict.Holds, DidNothing: true };
        return new RaceReport
        {
            Verdict = isNothing && !_options.AllowsNothing ? Verdict.Unknown : result.Verdict,
            Reason = result.Verdict is Verdict.Unknown ? result.Reason ?? WhyNotAll(result) : isNothing ? Nothing : null,
            BusyDeadlocks = result.BusyDeadlocks,
            Exhausted = result.IsExhausted,
            Bound = result.Bound,
            Schedules = result.Schedules,
            BadSchedules = result.BadSchedules,
            PerSecond = result.Schedules / Math.Max(result.Elapsed.TotalSeconds, 1e-6),
            SerialOutcomes = result.SerialOutcomes,
            OneAtATime = result.OneAtATime,
            Masked = result.Masked,
            FirstFoundAfter = result.FirstFoundAfter,
            FirstFoundIn = result.FirstFoundIn,
            Actors = [.. laboratory.Scenario.Actors.Select(actor => actor.Name)],
            Findings = findings,
            RedundantLocks = redundant,
        };
    }

    private const string Nothing = "Every order refuses everybody and changes nothing, so that nothing could race. See what the actors answer: an expired token, a row that is missing? Where that is meant, say AllowNothing.";

    private static string WhyNotAll(SearchResult result) => result.IsIrregular
        ? "Some orders could not be run as planned: led the same way, an actor does not always send the same statements. Take out what differs from run to run: clocks, random numbers, caches, work in the background."
        : "The budget ended before every order was run. Give it more time, or fewer actors and statements.";

    private static RaceReport Together(List<RaceReport> reports)
    {
        if (reports is [var only])
        {
            return only;
        }

        return reports[0] with
        {
            Verdict = reports.Exists(report => report.Verdict is Verdict.Broken) ? Verdict.Broken : reports.Exists(report => report.Verdict is Verdict.Unknown) ? Verdict.Unknown : Verdict.Holds,
            Reason = reports.Find(report => report.Reason is not null)?.Reason,
            Exhausted = reports.TrueForAll(report => report.Exhausted),
            Bound = reports.Exists(report => report.Bound is not null) ? reports.Min(report => report.Bound ?? int.MaxValue) : null,
            Schedules = reports.Sum(report => report.Schedules),
            BadSchedules = reports.Sum(report => report.BadSchedules),
            PerSecond = reports.Average(report => report.PerSecond),
            BusyDeadlocks = reports.Sum(report => report.BusyDeadlocks),
            SerialOutcomes = reports.Max(report => report.SerialOutcomes),
            Masked = [.. reports.SelectMany(report => report.Masked).DistinctBy(masked => masked.Where, StringComparer.Ordinal)],
            FirstFoundAfter = reports.Find(report => report.FirstFoundAfter is not null)?.FirstFoundAfter,
            FirstFoundIn = reports.Find(report => report.FirstFoundIn is not null)?.FirstFoundIn,
            Findings = [.. reports.SelectMany(report => report.Findings)],
            RedundantLocks = [.. reports.Select(report => report.RedundantLocks).Aggregate((one, other) => [.. one.Where(found => other.Any(same => same.Actor == found.Actor && same.Sql == found.Sql))])],
        };
    }
}
