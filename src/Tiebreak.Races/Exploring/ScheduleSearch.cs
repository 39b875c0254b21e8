using Tiebreak.Races.Findings;
using Tiebreak.Races.Scheduling;
using Tiebreak.Races.Scheduling.Dependencies;
using Tiebreak.Races.Scheduling.Searching;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Exploring;

/// <summary>
/// Runs schedules and judges each: those one at a time first, then strict rotation, which shows most wide races at once,
/// then every relevant one, and where the budget ends before that, those with few preemptions and random ones.
/// </summary>
internal sealed class ScheduleSearch(Laboratory laboratory, RunnerOptions options, ExplorationOptions race, Deadline deadline)
{
    // Of the budget; the rest is for orders with few preemptions, whose bound is then known to be exhausted.
    private const double ReducedShare = 0.7;
    private const int ExpectedSteps = 20;

    private readonly IReadOnlyList<int> _actors = [.. Enumerable.Range(0, laboratory.Scenario.Actors.Count)];
    private readonly KnownRuns _known = new();
    private readonly List<Run> _knownRuns = [];
    private readonly FoundRuns _found = new();
    private string? _reason;
    private bool _isIrregular;
    private string? _untracked;
    private int _runs;
    private int _steps;
    private int _blocked;
    private int _busyDeadlocks;
    private string? _drift;

    /// <summary>Which errors of a run count as refusals, beside those that always do; for fixes that bring a constraint.</summary>
    public IReadOnlyList<string> RefusedBy { get; init; } = [];

    /// <summary>Whether one order that breaks is enough, as it is of a fix.</summary>
    public bool StopsAtFirst { get; init; }

    /// <exception cref="RaceException">An invariant is no query of one boolean, or an actor cannot be run.</exception>
    public async Task<SearchResult> RunAsync(CancellationToken cancellationToken)
    {
        var serial = await SerialRuns.CreateAsync(laboratory, options, cancellationToken).ConfigureAwait(false);
        _untracked = Untracked.In(laboratory.Database);
        _reason = _untracked ?? serial.Reason;
        foreach (var (run, judgement) in _reason is null ? serial.Broken() : [])
        {
            _found.Add(run, judgement, deadline.Elapsed, serial.Count);
        }

        foreach (var run in serial.Complete.DistinctBy(run => run.Trace.Schedule))
        {
            _known.Add(run.Trace);
            _knownRuns.Add(run);
        }

        int? bound = null;
        var isExhausted = false;
        if (_reason is null && !_found.AnyOneAtATime)
        {
            var runner = laboratory.Runner(_actors, options);
            for (var first = 0; first < _actors.Count && !deadline.IsOver && _reason is null; first++)
            {
                await RunAsync(runner, new RotationPicker(_actors.Count, first), null, serial, cancellationToken).ConfigureAwait(false);
            }

            (isExhausted, bound) = await SearchAsync(runner, serial, cancellationToken).ConfigureAwait(false);
        }

        _drift = _reason is null && _found.Count > 0 && !_found.AnyOneAtATime ? await serial.DriftAsync(cancellationToken).ConfigureAwait(false) : null;
        _untracked ??= _reason is null ? await Untracked.LookAsync(laboratory.Database, cancellationToken).ConfigureAwait(false) : null;
        return new SearchResult
        {
            Schedules = serial.Count + _runs,
            BadSchedules = _found.Count,
            IsExhausted = isExhausted,
            Bound = bound,
            IsIrregular = _isIrregular,
            IsDrifted = _drift is not null,
            BusyDeadlocks = _busyDeadlocks,
            DidNothing = serial.Complete.Count > 0 && _knownRuns.Concat(serial.Complete).All(run => run.Trace.Steps.All(step => step.Changes.Count == 0) && run.Outcome!.Ends.All(end => end.Answer.IsFailure || end.Answer.IsBusy)),
            Reason = _untracked ?? _drift ?? _reason ?? serial.Reason ?? serial.NothingLeft,
            Masked = serial.Masked,
            IsUntracked = _untracked is not null,
            SerialOutcomes = serial.Outcomes,
            OneAtATime = serial.Answers,
            FirstFoundAfter = _found.FirstAfter,
            FirstFoundIn = _found.FirstIn,
            Elapsed = deadline.Elapsed,
            BlockedSteps = _steps == 0 ? 0 : (double)_blocked / _steps,
            Runs = _knownRuns,
            Serial = serial,
            Found = _found.Shortest,
        };
    }

    private async Task<(bool IsExhausted, int? Bound)> SearchAsync(ScheduleRunner runner, SerialRuns serial, CancellationToken cancellationToken)
    {
        ISearch all = race.BruteForce
            ? new BruteForceSearch(_known)
            : new ReducedSearch(_known, new TraceFootprints(laboratory.Database.Catalog, [.. _actors.Select(actor => options.For(actor).Isolation)]), _actors.Count);
        var part = race.BruteForce ? deadline : deadline.Share(ReducedShare);
        if (await GoThroughAsync(all, part, runner, serial, cancellationToken).ConfigureAwait(false))
        {
            return (true, null);
        }

        if (_reason is not null)
        {
            return (false, -1);
        }

        _isIrregular = !part.IsOver;
        var bounded = new BoundedSearch(_known, 2);
        await GoThroughAsync(bounded, deadline.Share(0.8), runner, serial, cancellationToken).ConfigureAwait(false);
        await GoThroughAsync(new RandomSearch(_known, _actors.Count, race.Seed, ExpectedSteps), deadline, runner, serial, cancellationToken).ConfigureAwait(false);
        return (false, bounded.Completed);
    }

    /// <summary>Returns whether nothing was left before the time was over.</summary>
    private async Task<bool> GoThroughAsync(ISearch search, Deadline part, ScheduleRunner runner, SerialRuns serial, CancellationToken cancellationToken)
    {
        foreach (var run in _knownRuns)
        {
            search.Learn(run);
        }

        while (!part.IsOver && _reason is null && !(StopsAtFirst && _found.Count > 0) && search.Next() is { } picker)
        {
            await RunAsync(runner, picker, search, serial, cancellationToken).ConfigureAwait(false);
        }

        return search.IsExhausted;
    }

    private async Task RunAsync(ScheduleRunner runner, IPicker picker, ISearch? search, SerialRuns serial, CancellationToken cancellationToken)
    {
        var run = await runner.RunAsync(picker, cancellationToken).ConfigureAwait(false);
        search?.Learn(run, picker);
        _runs++;
        Note(run);
        if (run.End == RunEnd.Completed)
        {
            _known.Add(run.Trace);
            _knownRuns.Add(run);
            _busyDeadlocks += run.Trace.Steps.Any(step => step.SqlState == "40P01") && run.Outcome!.Ends.Any(end => end.Answer.IsBusy) ? 1 : 0;
            if (await serial.JudgeAsync(Refused(run), cancellationToken).ConfigureAwait(false) is { } judgement)
            {
                _found.Add(run, judgement, deadline.Elapsed, serial.Count + _runs);
            }
        }

        race.Progress?.Report(new RaceProgress("exploring", serial.Count + _runs, _found.Count, deadline.Elapsed));
    }

    private void Note(Run run)
    {
        _reason ??= run.Reason;
        _steps += run.Trace.Steps.Count;
        _blocked += run.Trace.Steps.Count(step => step.BlockedBy.Count > 0);
    }

    private Run Refused(Run run) => RefusedBy.Count == 0 || run.Outcome is null ? run : run with
    {
        Outcome = run.Outcome with { Ends = [.. run.Outcome.Ends.Select(end => end.Answer.SqlState is { } state && RefusedBy.Contains(state) ? end with { TookEffect = false, Retryable = state } : end)] },
    };
}
