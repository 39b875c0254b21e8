namespace Tiebreak.Races.Measuring;

/// <summary>Samples pairs some time apart; where those that are furthest apart still break, it begins again with twice the time.</summary>
internal sealed class WindowSampler
{
    private const double WiderThanOne = 2;
    private const int MostWidenings = 5;

    private readonly OpenPair _pair;
    private readonly Random _random;
    private TimeSpan _most;
    private int _widened;

    private WindowSampler(OpenPair pair, int seed, TimeSpan most)
    {
        (_pair, _most) = (pair, most);
#pragma warning disable CA5394 // Of a sample, not of a secret; the seed makes it the same again.
        _random = new Random(seed);
#pragma warning restore CA5394
        Strata = new Strata(most);
    }

    public Strata Strata { get; private set; }

    public static async Task<WindowSampler> CreateAsync(OpenPair pair, int seed, CancellationToken cancellationToken) =>
        new(pair, seed, await pair.LongestAsync(cancellationToken).ConfigureAwait(false) * WiderThanOne);

    public async Task SampleAsync(CancellationToken cancellationToken)
    {
        if (Strata.AreAllSampled && Strata.BreaksAtItsEnds && _widened++ < MostWidenings)
        {
            Strata = new Strata(_most *= 2);
        }

        var piece = Strata.Next();
#pragma warning disable CA5394
        Strata.Add(piece, await _pair.BreaksAsync(Strata.Within(piece, _random.NextDouble()), cancellationToken).ConfigureAwait(false));
#pragma warning restore CA5394
    }
}
