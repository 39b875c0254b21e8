using Tiebreak.Bench.Spread;

namespace Tiebreak.Bench.Tests.Spread;

public sealed class ZipfKeysTests
{
    private const int Draws = 100_000;

    [Fact]
    public void The_first_key_is_drawn_twice_as_often_as_the_second()
    {
        // 1 / H(100) of all draws: with 100 keys the harmonic number is 5.187.
        var counts = Count(new ZipfKeys(100, uniform: false), 100);
        Assert.InRange(counts[0], Draws * 0.185, Draws * 0.2);
        Assert.InRange((double)counts[0] / counts[1], 1.85, 2.15);
    }

    [Fact]
    public void Uniform_keys_are_drawn_alike() =>
        Assert.All(Count(new ZipfKeys(10, uniform: true), 10), count => Assert.InRange(count, Draws * 0.095, Draws * 0.105));

    [Fact]
    public void The_same_seed_draws_the_same_keys()
    {
        var zipf = new ZipfKeys(1_000, uniform: false);
        int[] Draw(int seed)
        {
            var random = new Random(seed);
            return [.. Enumerable.Range(0, 100).Select(_ => zipf.Next(random))];
        }

        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));
    }

    private static int[] Count(ZipfKeys keys, int count)
    {
        var counts = new int[count];
        var random = new Random(7);
        for (var i = 0; i < Draws; i++)
        {
            counts[keys.Next(random)]++;
        }

        return counts;
    }
}
