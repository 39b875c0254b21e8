using Tiebreak.Bench.Measuring;

namespace Tiebreak.Bench.Tests.Measuring;

public sealed class RoundsTests
{
    [Fact]
    public async Task Contenders_take_turns_and_the_first_round_is_not_counted()
    {
        var turns = new List<string>();
        Contender Of(string name) => new(name, _ => Task.FromResult(1)) { PrepareAsync = () => NoteAsync(name) };
        Task NoteAsync(string name)
        {
            turns.Add(name);
            return Task.CompletedTask;
        }

        var samples = await Rounds.RunAsync([Of("a"), Of("b"), Of("c")], callers: 2, rounds: 2, TimeSpan.FromMilliseconds(1));

        Assert.Equal("abcbcacab", string.Concat(turns));
        Assert.All(samples.Values, rounds => Assert.Equal(2, rounds.Count));
    }

    [Fact]
    public async Task A_contender_may_have_its_own_number_of_callers()
    {
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<(string, int), bool>();
        Contender Of(string name) => new(name, caller => Task.FromResult(seen[(name, caller)] ? 1 : 0));
        seen[("all", 0)] = seen[("all", 1)] = seen[("all", 2)] = seen[("one", 0)] = true;

        await Rounds.RunAsync([Of("all"), Of("one") with { Callers = 1 }], callers: 3, rounds: 1, TimeSpan.FromMilliseconds(1));

        Assert.Equal(4, seen.Count);
    }

    [Fact]
    public async Task A_contender_that_is_refused_ends_the_run() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => Rounds.RunAsync(
            [new Contender("a", _ => throw new InvalidOperationException("Refused."))], callers: 1, rounds: 1, TimeSpan.FromMilliseconds(1)));
}
