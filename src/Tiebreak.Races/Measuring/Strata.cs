using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Measuring;

/// <summary>The times between two starts, cut into pieces; each is sampled the more the less is known of its share and the wider it is.</summary>
internal sealed class Strata
{
    private const int Pieces = 24;
    private const int First = 4;

    // What a machine's speed varies from minute to minute, beside the error of sampling.
    private const double Machine = 1 / 3.0;

    private readonly (TimeSpan From, TimeSpan To)[] _pieces;
    private readonly int[] _samples = new int[Pieces];
    private readonly int[] _broken = new int[Pieces];

    public Strata(TimeSpan most)
    {
        // Narrow around the moment at which both start.
        var bounds = Enumerable.Range(0, Pieces + 1).Select(at => (at - (Pieces / 2.0)) / (Pieces / 2.0)).Select(at => most * (Math.Sign(at) * Math.Pow(Math.Abs(at), 1.5))).ToArray();
        _pieces = [.. Enumerable.Range(0, Pieces).Select(at => (bounds[at], bounds[at + 1]))];
    }

    public int Samples => _samples.Sum();

    /// <summary>Whether each piece was sampled at all.</summary>
    public bool AreAllSampled => Array.TrueForAll(_samples, count => count >= First);

    public IReadOnlyList<ShareOfTime> Shares => [.. _pieces.Select((piece, at) => new ShareOfTime(piece.From, piece.To, _broken[at], _samples[at]))];

    /// <summary>Which piece is sampled next.</summary>
    public int Next() => Enumerable.Range(0, Pieces).MaxBy(at => _samples[at] < First ? double.MaxValue : Width(at) * Math.Sqrt(Variance(at)) / Math.Sqrt(_samples[at]));

    /// <summary>A time within a piece.</summary>
    public TimeSpan Within(int piece, double share) => _pieces[piece].From + ((_pieces[piece].To - _pieces[piece].From) * share);

    public void Add(int piece, bool broke)
    {
        _samples[piece]++;
        _broken[piece] += broke ? 1 : 0;
    }

    /// <summary>The share, added up over time, with its least and its most.</summary>
    public (TimeSpan Window, TimeSpan Low, TimeSpan High) Sum()
    {
        var window = Enumerable.Range(0, Pieces).Sum(at => _samples[at] == 0 ? 0 : Width(at) * _broken[at] / _samples[at]);
        var error = 1.96 * Math.Sqrt(Enumerable.Range(0, Pieces).Sum(at => Width(at) * Width(at) * Variance(at) / Math.Max(1, _samples[at])));
        return (TimeSpan.FromSeconds(window), TimeSpan.FromSeconds(Math.Max(0, (window - error) * (1 - Machine))), TimeSpan.FromSeconds((window + error) * (1 + Machine)));
    }

    private double Width(int at) => (_pieces[at].To - _pieces[at].From).TotalSeconds;

    // As if one more had broken and one more had not: none of a few says little.
    private double Variance(int at)
    {
        var share = (_broken[at] + 0.5) / (_samples[at] + 1.0);
        return share * (1 - share);
    }
}
