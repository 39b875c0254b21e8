using Tiebreak.Races.Exploring;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Measuring;

/// <summary>Two actors that run at their own speed, one some time after the other, and are judged by the orders one at a time.</summary>
internal sealed class OpenPair(Laboratory laboratory, SerialRuns serial)
{
    private static readonly TimeSpan Spins = TimeSpan.FromMilliseconds(2);

    // Which tables are written was seen in the orders one at a time.
    private readonly IReadOnlyList<RowChange> _written = [.. serial.Complete.SelectMany(run => run.Trace.Steps).SelectMany(step => step.Changes).DistinctBy(change => change.Table)];

    /// <summary>How long each takes alone.</summary>
    public async Task<TimeSpan> LongestAsync(CancellationToken cancellationToken)
    {
        var longest = TimeSpan.Zero;
        for (var turn = 0; turn < 6; turn++)
        {
            await laboratory.Database.ResetAsync(cancellationToken).ConfigureAwait(false);
            var began = TimeProvider.System.GetTimestamp();
            await RunAsync(turn % 2, cancellationToken).ConfigureAwait(false);
            var took = TimeProvider.System.GetElapsedTime(began);
            // The first of each warms up.
            longest = turn >= 2 && took > longest ? took : longest;
            laboratory.Database.NoteWritten(_written);
        }

        return longest;
    }

    /// <summary>Whether a pair breaks whose second actor starts so much later, or earlier where that is negative.</summary>
    public async Task<bool> BreaksAsync(TimeSpan apart, CancellationToken cancellationToken)
    {
        await laboratory.Database.ResetAsync(cancellationToken).ConfigureAwait(false);
        var (first, second) = apart >= TimeSpan.Zero ? (0, 1) : (1, 0);
        var began = TimeProvider.System.GetTimestamp();
        var answers = new Task<ActorAnswer>[2];
        answers[first] = Task.Run(() => RunAsync(first, cancellationToken), cancellationToken);
        await UntilAsync(began, apart.Duration(), cancellationToken).ConfigureAwait(false);
        answers[second] = Task.Run(() => RunAsync(second, cancellationToken), cancellationToken);
        var ends = (await Task.WhenAll(answers).ConfigureAwait(false)).Select(End).ToList();
        laboratory.Database.NoteWritten(_written);
        var rows = await laboratory.Database.ReadRowsAsync(cancellationToken).ConfigureAwait(false);
        var broken = await laboratory.Database.FindBrokenInvariantsAsync(cancellationToken).ConfigureAwait(false);
        var run = new Run(RunEnd.Completed, new Trace(new Schedule(""), [], []), new Outcome(ends, rows, broken));
        return await serial.JudgeAsync(run, cancellationToken).ConfigureAwait(false) is { Kind: not FindingKind.AnotherRefusal };
    }

    private async Task<ActorAnswer> RunAsync(int actor, CancellationToken cancellationToken)
    {
        try
        {
            return await laboratory.Scenario.Actors[actor].RunAsync(laboratory.OpenConnectionString(actor), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException and not RaceException)
        {
            return new ActorAnswer("null", Error: exception.Message);
        }
    }

    private static ActorEnd End(ActorAnswer answer)
    {
        var retryable = answer.SqlState is "40001" or "40P01" or "55P03" ? answer.SqlState : null;
        return new ActorEnd(answer, retryable is null && !answer.IsBusy, retryable);
    }

    // A timer is too coarse for less than a few milliseconds.
    private static async Task UntilAsync(long began, TimeSpan apart, CancellationToken cancellationToken)
    {
        if (apart > Spins * 2)
        {
            await Task.Delay(apart - Spins, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }

        while (TimeProvider.System.GetElapsedTime(began) < apart)
        {
            Thread.SpinWait(20);
        }
    }
}
