namespace Tiebreak.Bench.Spread;

/// <summary>Which key a call names: all alike, or few of them most of the time, as sales are (Zipf with exponent 1).</summary>
internal sealed class ZipfKeys
{
    private readonly double[]? _upTo;
    private readonly int _count;

    public ZipfKeys(int count, bool uniform)
    {
        _count = count;
        if (uniform)
        {
            return;
        }

        _upTo = new double[count];
        var sum = 0d;
        for (var i = 0; i < count; i++)
        {
            _upTo[i] = sum += 1d / (i + 1);
        }

        for (var i = 0; i < count; i++)
        {
            _upTo[i] /= sum;
        }
    }

    /// <param name="random">Of the caller's own, seeded: every contender is asked the same.</param>
    public int Next(Random random)
    {
        if (_upTo is null)
        {
            return random.Next(_count);
        }

        var found = Array.BinarySearch(_upTo, random.NextDouble());
        return Math.Min(_count - 1, found < 0 ? ~found : found);
    }
}
