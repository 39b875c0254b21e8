using Tiebreak.Bench.Races;
using Tiebreak.Races;
using Tiebreak.Races.Findings;

namespace Tiebreak.Bench.Tests.Races;

/// <summary>What is measured is what its name says.</summary>
public sealed class RaceCasesTests
{
    [Fact]
    public async Task Naive_accept_has_the_252_orders_of_five_statements_and_five()
    {
        var start = Race.OnPrivatePostgres().TryFixes(false);
        var all = await RaceCases.NaiveAccept(start, 2).BruteForce().ExploreAsync(TestContext.Current.CancellationToken);
        var reduced = await RaceCases.NaiveAccept(start, 2).ExploreAsync(TestContext.Current.CancellationToken);

        // The two orders one at a time are run twice, and one of them once more at the end.
        Assert.Equal((Verdict.Broken, true, 252 + 2 + 1), (all.Verdict, all.Exhausted, all.Schedules));
        Assert.Equal((Verdict.Broken, true), (reduced.Verdict, reduced.Exhausted));
        Assert.InRange(reduced.Schedules, 5, 20);
    }

    [Fact]
    public async Task Two_actors_of_four_statements_break_the_limit_and_have_fewer_orders_where_they_wait()
    {
        var report = await RaceCases.FourStatements(Race.OnPrivatePostgres().TryFixes(false)).BruteForce().ExploreAsync(TestContext.Current.CancellationToken);

        Assert.Equal((Verdict.Broken, true), (report.Verdict, report.Exhausted));
        Assert.InRange(report.Schedules, 10, 70 + 1);
    }
}
