using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Traces;
using Tiebreak.Races.Wire;

namespace Tiebreak.Races.Scheduling;

/// <summary>Runs all actors once, their statements in the order that a picker says. One run at a time.</summary>
/// <param name="actors">Who runs.</param>
/// <param name="gates">By actor: what it is behind.</param>
/// <param name="stage">The database; it knows the starting rows.</param>
/// <param name="options">How.</param>
internal sealed class ScheduleRunner(IReadOnlyList<Actor> actors, IReadOnlyList<IActorGate> gates, IStage stage, RunnerOptions options)
{
    // Two that wait for one row that was changed are woken at once, and the server lets either have it.
    private const int Attempts = 100;

    // An actor that does not end when it is told to would send its statements into the next run.
    private readonly List<(string Name, Task Answer)> _leftOver = [];
    private readonly LookTiming _timing = new();

    /// <summary>Runs them from the starting rows. Whatever happens, when this returns all that it started has been stopped.</summary>
    /// <returns>
    /// <see cref="RunEnd.Unknown"/> with a reason when an actor does anything but run or wait for another one's lock for longer
    /// than the patience, or when a connection is lost.
    /// </returns>
    /// <exception cref="RaceException">An actor of an earlier run still runs though it was told to stop.</exception>
    public async Task<Run> RunAsync(IPicker picker, CancellationToken cancellationToken)
    {
        _leftOver.RemoveAll(actor => actor.Answer.IsCompleted);
        if (_leftOver.Count > 0)
        {
            throw new RaceException($"{_leftOver[0].Name} still runs though its run is over: let it obey its cancellation token, or give it a time-out of its own.");
        }

        ScheduleRun? run = null;
        try
        {
            run = new ScheduleRun(actors, gates, stage, options, _timing, cancellationToken);
            var completed = await run.GoAsync(picker, cancellationToken).ConfigureAwait(false);
            await StopAsync(run, close: false).ConfigureAwait(false);
            var outcome = completed ? await OutcomeAsync(run, cancellationToken).ConfigureAwait(false) : null;
            return new Run(completed ? RunEnd.Completed : RunEnd.Abandoned, run.ToTrace(), outcome, DeadlockCycle: run.DeadlockCycle);
        }
        catch (RunGivenUpException givenUp)
        {
            await StopAsync(run, close: true).ConfigureAwait(false);
            return Unknown(run, givenUp.Message);
        }
        catch (NpgsqlException exception) when (!cancellationToken.IsCancellationRequested)
        {
            await StopAsync(run, close: true).ConfigureAwait(false);
            return Unknown(run, $"The database does not answer as it should: {exception.Message}");
        }
        finally
        {
            await StopAsync(run, close: true).ConfigureAwait(false);
        }
    }

    /// <summary>Replays a schedule, again when the server let another go first of several that waited for one lock, or chose another victim.</summary>
    /// <returns>
    /// The run, and how many letters the actors followed where they did not follow all of it even once: from there they went
    /// on as they could. No run is abandoned for that, which would cut off connections that actors keep.
    /// </returns>
    public async Task<(Run Run, int? FollowedOnly)> FollowAsync(Schedule schedule, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var picker = new FollowPicker(schedule);
            var run = await RunAsync(picker, cancellationToken).ConfigureAwait(false);
            var followed = picker.DivergedAt ?? Math.Min(run.Trace.Schedule.Length, schedule.Length);
            if (run.End is RunEnd.Unknown || followed == schedule.Length)
            {
                return (run, null);
            }

            // Where nobody waited the server had nothing to choose.
            if (attempt >= (run.Trace.Steps.Any(step => step.BlockedBy.Count > 0) ? Attempts : Divergence.Attempts))
            {
                return (run, followed);
            }
        }
    }

    private static Run Unknown(ScheduleRun? run, string reason) =>
        new(RunEnd.Unknown, run?.ToTrace() ?? new Trace(new Schedule(""), [], []), null, reason, run?.DeadlockCycle);

    private async Task<Outcome> OutcomeAsync(ScheduleRun run, CancellationToken cancellationToken)
    {
        var rows = await stage.ReadRowsAsync(cancellationToken).ConfigureAwait(false);
        var broken = await stage.FindBrokenInvariantsAsync(cancellationToken).ConfigureAwait(false);
        return new Outcome(run.Ends, rows, broken);
    }

    private async Task StopAsync(ScheduleRun? run, bool close)
    {
        if (run is not null)
        {
            _leftOver.AddRange(await run.StopAsync(close).ConfigureAwait(false));
        }
    }
}
