using Tiebreak.Races.Exploring;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Scheduling;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>A schedule is all that is needed to see a finding again.</summary>
public sealed class CorpusReplayTests
{
    [Theory]
    [InlineData("saleor-voucher-limit", null)]
    [InlineData("pretix-value-before-lock", "ababaaabbb")]
    [InlineData("broadleaf-finally-clears-lock", null)]
    public async Task A_schedule_that_breaks_leads_to_the_same_a_hundred_times(string name, string? waiting)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var race = CorpusEntries.Race(name).TryFixes(false).Budget(TimeSpan.FromSeconds(5));
        var schedule = new Schedule(waiting ?? (await race.ExploreAsync(cancellationToken)).Findings[0].Schedule);
        await using var laboratory = await Laboratory.CreateAsync(await PrivateServer.StartAsync(), race.Scenario, cancellationToken);
        await laboratory.WarmUpAsync(null, cancellationToken);
        var options = new RunnerOptions { Autocommit = race.Scenario.Autocommit };
        var serial = await SerialRuns.CreateAsync(laboratory, options, cancellationToken);
        var runner = laboratory.Runner([.. Enumerable.Range(0, race.Scenario.Actors.Count)], options);
        var (outcomes, traces) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        for (var repeat = 0; repeat < 100; repeat++)
        {
            var (run, _) = await runner.FollowAsync(schedule, cancellationToken);
            Assert.Equal(RunEnd.Completed, run.End);
            Assert.NotNull(await serial.JudgeAsync(run, cancellationToken));
            outcomes.Add(EveryOrder.Meaning(run, serial.Of(run)));
            traces.Add(string.Join(" | ", run.Trace.Steps.Select(step => $"{step.Actor} {step.Sql} {step.Tag} {string.Join(',', step.BlockedBy)} {step.ResumedBy}")));
            Assert.True(waiting is null || run.Trace.Steps.Any(step => step.BlockedBy.Count > 0));
        }

        Assert.Single(outcomes);
        Assert.Single(traces);
    }

    [Fact]
    public async Task A_replayed_finding_is_told_as_it_was_found()
    {
        var race = CorpusEntries.Race("saleor-lock-and-sum-one-statement").TryFixes(false).Budget(TimeSpan.FromSeconds(5));
        var found = (await race.ExploreAsync(TestContext.Current.CancellationToken)).Findings[0];
        var again = Assert.Single((await race.ReplayAsync(found.Schedule, TestContext.Current.CancellationToken)).Findings);
        Assert.Equal(found.Outcome, again.Outcome);
        Assert.Equal(found.Explanation, again.Explanation);
        Assert.Equal(found.Schedule, again.Schedule);
    }

    [Theory]
    [InlineData("aaaaabbbb", "at its letter 5")]
    [InlineData("aaaabbbbb", "at its letter 7")]
    public async Task A_schedule_that_the_actors_do_not_follow_is_refused(string schedule, string where)
    {
        var error = await Assert.ThrowsAsync<RaceException>(() => CorpusEntries.Race("saleor-voucher-limit").ReplayAsync(schedule, TestContext.Current.CancellationToken));
        Assert.Contains(where, error.Message, StringComparison.Ordinal);
    }
}
