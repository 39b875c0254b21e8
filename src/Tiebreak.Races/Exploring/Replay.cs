using Tiebreak.Races.Findings;
using Tiebreak.Races.Scheduling;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Exploring;

/// <summary>Runs one schedule again.</summary>
/// <param name="race">The actors.</param>
/// <param name="letters">The schedule.</param>
/// <param name="strict">Whether actors that do not follow it are an error; else they go on from there and the report says so.</param>
internal sealed class Replay(RaceSetUp race, string letters, bool strict = true)
{
    /// <exception cref="RaceException">The schedule is none of these actors', or they do not follow it.</exception>
    public async Task<RaceReport> RunAsync(CancellationToken cancellationToken)
    {
        Exploration.Check(race.Scenario);
        var schedule = Checked();
        var server = race.Server ?? await PrivateServer.StartAsync().ConfigureAwait(false);
        await using var laboratory = await Laboratory.CreateAsync(server, race.Scenario, cancellationToken).ConfigureAwait(false);
        if (race.Scenario.Warmup)
        {
            await laboratory.WarmUpAsync(race.Options.Patience, cancellationToken).ConfigureAwait(false);
        }

        var level = race.Options.Isolations[0];
        var options = new RunnerOptions { Autocommit = race.Scenario.Autocommit, Isolation = level, Patience = race.Options.Patience ?? RunnerOptions.UsualPatience };
        var serial = await SerialRuns.CreateAsync(laboratory, options, cancellationToken).ConfigureAwait(false);
        var runner = laboratory.Runner([.. Enumerable.Range(0, race.Scenario.Actors.Count)], options);
        var (run, followedOnly) = await runner.FollowAsync(schedule, cancellationToken).ConfigureAwait(false);
        if (strict && followedOnly is { } left)
        {
            throw new RaceException(
                $"The actors do not follow the schedule '{letters}': at its letter {left + 1} the actor has ended or waits for a lock. The code, the rows or the isolation level are others than when it was found: explore again.");
        }

        var note = followedOnly is { } letter
            ? $"The actors followed '{letters}' up to letter {letter} and then went on as they could: the code, the rows or the isolation level are others than when it was found. Explore again to see every order."
            : null;
        var judgement = run.End is RunEnd.Completed ? await serial.JudgeAsync(run, cancellationToken).ConfigureAwait(false) : null;
        var untracked = run.End is RunEnd.Completed ? await Untracked.LookAsync(laboratory.Database, cancellationToken).ConfigureAwait(false) : null;
        var reason = untracked ?? run.Reason ?? serial.Reason;
        return new RaceReport
        {
            Verdict = untracked is not null ? Verdict.Unknown : judgement is not null ? Verdict.Broken : reason is not null ? Verdict.Unknown : Verdict.Holds,
            Reason = untracked is not null || judgement is null ? reason ?? note : note,
            Schedules = 1,
            BadSchedules = judgement is null ? 0 : 1,
            SerialOutcomes = serial.Outcomes,
            Actors = [.. race.Scenario.Actors.Select(actor => actor.Name)],
            Findings = judgement is null ? [] : [FindingOf.Run(new FoundRun(run, judgement), laboratory, level)],
        };
    }

    private Schedule Checked()
    {
        var last = Schedule.LetterOf(race.Scenario.Actors.Count - 1);
        if (letters.Length == 0 || letters.Any(letter => letter < 'a' || letter > last))
        {
            throw new RaceException($"A schedule of these actors is made of the letters a to {last}, one for each statement, and '{letters}' is not.");
        }

        return new Schedule(letters);
    }
}
