using Tiebreak.Races.Exploring;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Scheduling;

namespace Tiebreak.Races.Measuring;

/// <summary>Measures how likely two actors are to break each other.</summary>
internal sealed class Measurement(RaceSetUp race)
{
    private const int Compared = 20;
    private const double WiderThanOne = 2;
    private static readonly TimeSpan DoubleClick = TimeSpan.FromMilliseconds(150);

    /// <exception cref="RaceException">There are not exactly two actors, or they cannot be judged.</exception>
    public async Task<Likelihood> RunAsync(double rate, int keys, CancellationToken cancellationToken)
    {
        Exploration.Check(race.Scenario);
        if (race.Scenario.Actors.Count != 2)
        {
            throw new RaceException("How likely it is can be told of two actors. Leave out the others.");
        }

        var server = race.Server ?? await PrivateServer.StartAsync().ConfigureAwait(false);
        await using var laboratory = await Laboratory.CreateAsync(server, race.Scenario, cancellationToken).ConfigureAwait(false);
        await laboratory.WarmUpAsync(race.Options.Patience, cancellationToken).ConfigureAwait(false);
        var serial = await SerialRuns.CreateAsync(laboratory, new RunnerOptions { Autocommit = race.Scenario.Autocommit, Isolation = race.Options.Isolations[0] }, cancellationToken).ConfigureAwait(false);
        if (serial.Reason is { } reason)
        {
            throw new RaceException(reason);
        }

        var pair = new OpenPair(laboratory, serial);
        var strata = new Strata(await pair.LongestAsync(cancellationToken).ConfigureAwait(false) * WiderThanOne);
        var click = await ShareAsync(pair, DoubleClick, cancellationToken).ConfigureAwait(false);
        var burst = await ShareAsync(pair, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
#pragma warning disable CA5394 // Of a sample, not of a secret; the seed makes it the same again.
        var random = new Random(race.Options.Seed);
        var deadline = new Deadline(TimeProvider.System, race.Options.Budget);
        while (!deadline.IsOver || !strata.AreAllSampled)
        {
            var piece = strata.Next();
            strata.Add(piece, await pair.BreaksAsync(strata.Within(piece, random.NextDouble()), cancellationToken).ConfigureAwait(false));
            race.Options.Progress?.Report(new RaceProgress("measuring", strata.Samples, strata.Shares.Sum(share => share.Broken), deadline.Elapsed));
        }
#pragma warning restore CA5394

        var (window, low, high) = strata.Sum();
        return new Likelihood
        {
            Actors = [.. race.Scenario.Actors.Select(actor => actor.Name)],
            Window = window,
            WindowLow = low,
            WindowHigh = high,
            Rate = rate,
            Keys = keys,
            Shares = strata.Shares,
            DoubleClick = click,
            Burst = burst,
            Samples = strata.Samples + click.Samples + burst.Samples,
        };
    }

    private static async Task<ShareOfTime> ShareAsync(OpenPair pair, TimeSpan apart, CancellationToken cancellationToken)
    {
        var broken = 0;
        for (var sample = 0; sample < Compared; sample++)
        {
            broken += await pair.BreaksAsync(sample % 2 == 0 ? apart : -apart, cancellationToken).ConfigureAwait(false) ? 1 : 0;
        }

        return new ShareOfTime(apart, apart, broken, Compared);
    }
}
