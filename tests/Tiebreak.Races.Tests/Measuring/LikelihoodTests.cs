using Tiebreak.Races.Findings;
using Tiebreak.Races.Tests.Corpus;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Measuring;

public sealed class LikelihoodTests(PostgresCluster cluster)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Race Accounts => Race.On(cluster.Server.ConnectionString).Schema("CREATE TABLE account (id int PRIMARY KEY, points int)").Given("INSERT INTO account VALUES (1, 0)").Budget(TimeSpan.FromSeconds(1));

    [Fact]
    public async Task Lost_update_breaks_in_a_burst_and_not_in_a_double_click_and_the_answer_grows_with_the_square_of_the_rate()
    {
        var race = Accounts.Both(async (session, number) =>
        {
            var points = await session.ReadAsync<int>("SELECT points FROM account WHERE id = 1");
            await session.RunAsync($"UPDATE account SET points = {points + number} WHERE id = 1");
            return "done";
        });

        var likelihood = await race.LikelihoodAsync(2, 1000, Ct);

        Assert.True(likelihood.Burst!.Broken > 0, likelihood.ToText());
        Assert.Equal(0, likelihood.DoubleClick!.Broken);
        Assert.True(likelihood.Window > TimeSpan.Zero && likelihood.WindowLow <= likelihood.Window && likelihood.Window <= likelihood.WindowHigh, likelihood.ToText());
        Assert.Equal(likelihood.OnceIn.TotalSeconds / 100, (likelihood with { Rate = 20 }).OnceIn.TotalSeconds, likelihood.OnceIn.TotalSeconds / 1000);
        Assert.Equal(1 / (likelihood.Window.TotalSeconds * 4 / 1000), likelihood.OnceIn.TotalSeconds, likelihood.OnceIn.TotalSeconds / 1000);
        Assert.Contains("no reason to call it safe", likelihood.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_holds_never_breaks_and_is_told_as_less_often_than()
    {
        var likelihood = await Accounts.Both(async (session, number) => $"{await session.RunAsync($"UPDATE account SET points = points + {number} WHERE id = 1")}").LikelihoodAsync(2, 1000, Ct);

        Assert.Equal((0, TimeSpan.Zero, TimeSpan.MaxValue), (likelihood.Burst!.Broken, likelihood.Window, likelihood.OnceIn));
        Assert.Contains("less often than about once in", likelihood.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_two_actors_are_refused() =>
        await Assert.ThrowsAsync<RaceException>(() => Accounts.All(3, (_, _) => Task.FromResult("done")).LikelihoodAsync(1, 1, Ct));
}
