using Tiebreak.Bench.Measuring;

namespace Tiebreak.Bench.Tests.Measuring;

public sealed class SampleTests
{
    [Fact]
    public void Percentiles_are_of_the_sorted_answers()
    {
        var sample = Sample.Of(200, TimeSpan.FromSeconds(2), [.. Enumerable.Range(0, 100).Select(i => (double)(99 - i))]);
        Assert.Equal(new Sample(100, 50, 99), sample);
    }

    [Fact]
    public void One_answer_is_every_percentile() => Assert.Equal(new Sample(1, 7, 7), Sample.Of(1, TimeSpan.FromSeconds(1), [7]));

    [Theory]
    [InlineData(new[] { 3d, 1, 2 }, 2)]
    [InlineData(new[] { 4d, 1, 3, 2 }, 2.5)]
    [InlineData(new[] { 5d }, 5)]
    public void The_middle_is_the_median(double[] values, double middle) => Assert.Equal(middle, Sample.Middle(values));

    [Fact]
    public void One_disturbed_round_does_not_move_the_median() =>
        Assert.Equal(new Sample(100, 1, 2), Sample.Median([new Sample(100, 1, 2), new Sample(3, 90, 900), new Sample(101, 1, 2)]));
}
