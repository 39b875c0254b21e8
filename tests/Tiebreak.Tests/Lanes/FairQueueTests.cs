using Tiebreak.Lanes;

namespace Tiebreak.Tests.Lanes;

public sealed class FairQueueTests
{
    [Fact]
    public void One_key_is_served_in_the_order_of_arrival()
    {
        var queue = Of(("a", 5));
        Assert.Equal(["a0", "a1", "a2"], queue.Take(3, oneKey: false));
        Assert.Equal(["a3", "a4"], queue.Take(3, oneKey: false));
        Assert.Empty(queue.Take(3, oneKey: false));
    }

    [Fact]
    public void Key_with_a_hundred_thousand_waiting_does_not_keep_the_others_waiting()
    {
        var queue = Of(("busy", 100_000), ("b", 1), ("c", 2));
        var taken = queue.Take(10, oneKey: false);
        Assert.Equal(10, taken.Count);
        Assert.Contains("b0", taken);
        Assert.Contains("c0", taken);
        Assert.Contains("c1", taken);
        Assert.Equal(100_003 - 10, queue.Count);
    }

    [Fact]
    public void What_one_key_does_not_use_of_its_share_goes_to_the_others()
    {
        var taken = Of(("a", 1), ("b", 9)).Take(8, oneKey: false);
        Assert.Equal(["a0", "b0", "b1", "b2", "b3", "b4", "b5", "b6"], taken);
    }

    [Fact]
    public void More_keys_than_the_limit_take_turns()
    {
        var queue = Of([.. Enumerable.Range(0, 7).Select(i => ($"k{i}-", 2))]);
        var served = Enumerable.Range(0, 5).SelectMany(_ => queue.Take(3, oneKey: false)).ToList();
        Assert.Equal(14, served.Count);
        Assert.Equal(7, served.Take(7).Select(item => item.Split('-')[0]).Distinct().Count());
    }

    [Fact]
    public void One_key_a_batch_takes_turns_between_the_keys()
    {
        var queue = Of(("a", 3), ("b", 1));
        Assert.Equal(["a0", "a1"], queue.Take(2, oneKey: true));
        Assert.Equal(["b0"], queue.Take(2, oneKey: true));
        Assert.Equal(["a2"], queue.Take(2, oneKey: true));
    }

    private static FairQueue<string> Of(params (string Key, int Count)[] waiting)
    {
        var queue = new FairQueue<string>();
        foreach (var (key, count) in waiting)
        {
            for (var i = 0; i < count; i++)
            {
                queue.Enqueue(key, FormattableString.Invariant($"{key}{i}"));
            }
        }

        return queue;
    }
}
