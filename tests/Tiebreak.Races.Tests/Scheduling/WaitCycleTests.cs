using Tiebreak.Races.Scheduling;

namespace Tiebreak.Races.Tests.Scheduling;

/// <summary>Who waited for whom, told from what was seen of it.</summary>
public sealed class WaitCycleTests
{
    [Theory]
    [InlineData("0>1 1>0", 0, "1", "0 1")]
    [InlineData("1>0", 0, "1", "0 1")]
    [InlineData("0>1", 0, "1", "0 1")]
    [InlineData("", 0, "1", "0 1")]
    [InlineData("", 1, "0", "1 0")]
    [InlineData("0>1 1>2 2>0", 1, "0 2", "1 2 0")]
    [InlineData("0>1 1>2", 0, "1 2", "0 1 2")]
    [InlineData("0>1 2>0", 0, "1 2", "0 1 2")]
    [InlineData("1>2 2>0", 0, "1 2", "0 1 2")]
    [InlineData("0>1 0>2 2>0", 0, "1 2", "0 2")]
    [InlineData("2>1 1>0 0>1", 0, "1 2", "0 1")]
    [InlineData("", 0, "1 2", "")]
    public void What_was_not_seen_is_put_together(string seen, int victim, string others, string circle)
    {
        var waits = seen.Split(' ', StringSplitOptions.RemoveEmptyEntries).GroupBy(wait => wait[0] - '0', wait => wait[2] - '0')
            .ToDictionary(group => group.Key, group => new SortedSet<int>(group));
        Assert.Equal(Numbers(circle), new WaitCycle(waits).Of(victim, Numbers(others)));
    }

    private static IReadOnlyList<int> Numbers(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(number => int.Parse(number, System.Globalization.CultureInfo.InvariantCulture))];
}
