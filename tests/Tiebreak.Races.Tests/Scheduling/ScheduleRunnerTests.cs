using System.Diagnostics;
using Tiebreak.Races.Scheduling;
using Tiebreak.Races.Scheduling.Searching;
using Tiebreak.Races.Tests.Scheduling.Direct;
using Tiebreak.Races.Traces;
using Tiebreak.Testing;
using static Tiebreak.Races.Tests.Scheduling.Direct.Invites;

namespace Tiebreak.Races.Tests.Scheduling;

public sealed class ScheduleRunnerTests(PostgresCluster cluster, ITestOutputHelper output)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lost_update_happens_in_the_order_that_was_asked_for()
    {
        await using var race = await CreateAsync(new(), Increment, Increment);
        var serial = await race.RunAsync("aaabbb");
        var lost = await race.RunAsync("abab");
        Assert.Equal("2", Used(serial));
        Assert.Equal(RunEnd.Completed, lost.End);
        Assert.Equal("1", Used(lost));
        Assert.Equal("ababab", lost.Trace.Schedule.ToString()[..4] + "ab");
        var waited = lost.Trace.Steps[3];
        Assert.Equal([0], waited.BlockedBy);
        Assert.Equal(lost.Trace.Steps[waited.ResumedBy!.Value], lost.Trace.Steps.First(step => step.Kind == StepKind.Commit));
        Assert.Equal(["0", "1"], lost.Trace.Steps[2].Changes.SelectMany(change => new[] { change.Old, change.New }).Select(row => row!.Split("\"used\":")[1].Trim(' ', '}')));
    }

    [Fact]
    public async Task Those_that_wait_for_one_that_waits_are_a_chain()
    {
        await using var race = await CreateAsync(new(), Locking(1), Locking(1), Locking(1));
        var run = await race.RunAsync("abc");
        Assert.Equal(RunEnd.Completed, run.End);
        Assert.Equal("3", Used(run));
        Assert.Equal([0], run.Trace.Steps[1].BlockedBy);
        Assert.Contains(1, run.Trace.Steps[2].BlockedBy);
        Assert.Equal("abcaabbcc", run.Trace.Schedule.ToString());
        Assert.Equal([0], run.Trace.Ready[3]);
    }

    [Fact]
    public async Task A_deadlock_is_seen_with_its_circle()
    {
        await using var race = await CreateAsync(new(), Both(1, 2), Both(2, 1));
        var run = await race.RunAsync("abab");
        Assert.Equal(RunEnd.Completed, run.End);
        Assert.Equal([0, 1], run.DeadlockCycle!.Order());
        var ends = run.Outcome!.Ends;
        Assert.Single(ends, end => end is { Retryable: "40P01", TookEffect: false });
        Assert.Single(ends, end => end is { Retryable: null, TookEffect: true });
    }

    [Fact]
    public async Task A_circle_is_broken_before_a_third_goes_on()
    {
        await using var race = await CreateAsync(new(), Both(1, 2), Both(2, 1), Locking(3));
        var run = await race.RunAsync("ababc");
        Assert.NotNull(run.DeadlockCycle);
        Assert.Equal(2, run.Trace.Ready[4].Count);
    }

    [Fact]
    public async Task Who_waited_is_ready_again_before_anybody_goes_on()
    {
        await using var race = await CreateAsync(
            new(),
            async (db, cancellationToken) =>
            {
                await Locking(1)(db, cancellationToken);
                return await db("SELECT 1");
            },
            Locking(1));
        for (var repeat = 0; repeat < 20; repeat++)
        {
            var run = await race.RunAsync("abaa");
            Assert.Equal([0, 1], run.Trace.Ready[4]);
            Assert.Equal(3, run.Trace.Steps[1].ResumedBy);
        }
    }

    [Fact]
    public async Task A_circle_of_three_is_told_in_order()
    {
        await using var race = await CreateAsync(new(), Both(1, 2), Both(2, 3), Both(3, 1));
        var run = await race.RunAsync("abcabc");
        Assert.Equal(3, run.DeadlockCycle!.Count);
        var from = run.DeadlockCycle.ToList().IndexOf(0);
        Assert.Equal([0, 1, 2], Enumerable.Range(0, 3).Select(next => run.DeadlockCycle[(from + next) % 3]));
    }

    [Fact]
    public async Task An_actor_that_had_to_give_way_runs_again_when_a_fix_asks_for_it()
    {
        await using var race = await CreateAsync(new RunnerOptions { Retries = 1 }, Both(1, 2), Both(2, 1));
        var run = await race.RunAsync("abab");
        Assert.NotNull(run.DeadlockCycle);
        Assert.All(run.Outcome!.Ends, end => Assert.True(end is { TookEffect: true, Retryable: null }));
        Assert.Equal("2", Used(run));
    }

    [Fact]
    public async Task A_statement_that_takes_long_is_waited_for()
    {
        await using var race = await CreateAsync(new(), Locking(1), async (db, _) => await db("SELECT 7 FROM pg_sleep(0.2)"));
        var run = await race.RunAsync("ba");
        Assert.Equal(RunEnd.Completed, run.End);
        Assert.Empty(run.Trace.Steps[0].BlockedBy);
        Assert.Equal("7", run.Outcome!.Ends[1].Answer.Text);
    }

    [Fact]
    public async Task What_an_actor_leaves_open_is_rolled_back_and_lets_others_go_on()
    {
        await using var race = await CreateAsync(new(), Leaving, Locking(1));
        var run = await race.RunAsync("ab");
        Assert.Equal([0], run.Trace.Steps[1].BlockedBy);
        Assert.Equal("ababb", run.Trace.Schedule.ToString());
        Assert.Equal(2, run.Trace.Steps[1].ResumedBy);
        Assert.Equal("1", Used(run));
        static async Task<object?> Leaving(Execute db, CancellationToken cancellationToken)
        {
            await db("BEGIN");
            await db("UPDATE invite SET used = 9 WHERE id = 1");
            return await db("SELECT 1");
        }
    }

    [Fact]
    public async Task An_actor_with_one_connection_waiting_may_go_on_with_another()
    {
        await using var race = await CreateAsync(new(), Locking(1), async (db, _) =>
        {
            await db("BEGIN");
            await db("BEGIN", 1);
            var waiting = db("UPDATE invite SET used = used + 1 WHERE id = 1");
            await db("UPDATE invite SET used = used + 1 WHERE id = 2", 1);
            await db("COMMIT", 1);
            await waiting;
            return await db("COMMIT");
        });
        var run = await race.RunAsync("abbbaab");
        Assert.Equal(RunEnd.Completed, run.End);
        Assert.Equal([0], run.Trace.Steps[1].BlockedBy);
        Assert.Equal([0, 1], run.Trace.Steps.Where(step => step.Actor == 1).Select(step => step.Connection).Distinct().Order());
        Assert.Equal("2", Used(run));
    }

    [Fact]
    public async Task A_split_statement_is_seen_by_others_only_after_its_held_commit()
    {
        await using var race = await CreateAsync(new(), async (db, _) => await db("UPDATE invite SET used = 5 WHERE id = 1"), async (db, _) => await db("SELECT used FROM invite WHERE id = 1"));
        Assert.Equal("0", (await race.RunAsync("aba")).Outcome!.Ends[1].Answer.Text);
        Assert.Equal("5", (await race.RunAsync("aab")).Outcome!.Ends[1].Answer.Text);
    }

    [Fact]
    public async Task A_schedule_gives_the_same_run_a_hundred_times()
    {
        await using var race = await CreateAsync(new(), Locking(1), Increment);
        var first = DirectRace.Seen(await race.RunAsync("abb"));
        for (var repeat = 1; repeat < 100; repeat++)
        {
            Assert.Equal(first, DirectRace.Seen(await race.RunAsync("abb")));
        }
    }

    [Fact]
    public async Task A_schedule_in_which_two_wait_for_one_row_is_followed_whoever_the_server_prefers()
    {
        await using var race = await CreateAsync(new(), Locking(1), Increment, Locking(1));
        var first = await race.RunAsync("abcb");
        for (var repeat = 1; repeat < 50; repeat++)
        {
            var (run, _) = await race.Runner.FollowAsync(first.Trace.Schedule, Cancellation);
            Assert.Equal(RunEnd.Completed, run.End);
            Assert.Equal(first.Trace.Schedule, run.Trace.Schedule);
            Assert.Equal(Used(first), Used(run));
        }
    }

    [Fact]
    public async Task Reduced_and_complete_search_see_the_same_outcomes_on_the_database()
    {
        await using var race = await CreateAsync(new(), Accept, Accept);
        var (all, count) = await ExploreAsync(race, new BruteForceSearch(new KnownRuns()));
        var (reduced, reducedCount) = await ExploreAsync(race, new ReducedSearch(new KnownRuns(), race.Footprints, 2));
        Assert.True(all.SetEquals(reduced));
        Assert.True(reducedCount <= 20, $"{reducedCount} runs");
        Assert.Equal(50, count);
    }

    [Theory]
    [InlineData(true, 4)]
    [InlineData(false, 11)]
    public async Task Three_actors_are_exhausted(bool locks, int outcomes)
    {
        var run = locks ? Locking(1) : Accept;
        await using var race = await CreateAsync(new(), run, run, run);
        var search = new ReducedSearch(new KnownRuns(), race.Footprints, 3);
        var (seen, count) = await ExploreAsync(race, search);
        Assert.True(seen.Count <= outcomes, $"{seen.Count} outcomes");
        Assert.True(count <= 1_200, $"{count} runs");
        Assert.Equal(0, search.Diverged);
    }

    [Fact(Explicit = true)]
    public async Task How_long_a_run_takes()
    {
        await using var race = await CreateAsync(new(), Accept, Accept);
        await ExploreAsync(race, new BruteForceSearch(new KnownRuns()));
        await ExploreAsync(race, new BruteForceSearch(new KnownRuns()));
        await ExploreAsync(race, new BruteForceSearch(new KnownRuns()));
        var change = new RowChange("public.invite", null, null);
        var (reset, read) = (TimeSpan.Zero, TimeSpan.Zero);
        for (var round = 0; round < 100; round++)
        {
            race.Stage.NoteWritten([change, new RowChange("public.member", null, null)]);
            var start = Stopwatch.GetTimestamp();
            await race.Stage.ResetAsync(Cancellation);
            reset += Stopwatch.GetElapsedTime(start);
            start = Stopwatch.GetTimestamp();
            await race.Stage.ReadRowsAsync(Cancellation);
            read += Stopwatch.GetElapsedTime(start);
        }

        output.WriteLine($"reset {reset.TotalMilliseconds / 100:0.00} ms, read {read.TotalMilliseconds / 100:0.00} ms");
        var looks = Stopwatch.GetTimestamp();
        for (var round = 0; round < 100; round++)
        {
            await race.Stage.FindBlockersAsync([1], Cancellation);
        }

        output.WriteLine($"look {Stopwatch.GetElapsedTime(looks).TotalMilliseconds / 100:0.00} ms");
        looks = Stopwatch.GetTimestamp();
        for (var round = 0; round < 100; round++)
        {
            await race.Gates[0].ExecuteAsync("BEGIN");
        }

        output.WriteLine($"statement {Stopwatch.GetElapsedTime(looks).TotalMilliseconds / 100:0.00} ms");
    }

    private async Task<(HashSet<string> Outcomes, int Count)> ExploreAsync(DirectRace race, ISearch search)
    {
        var outcomes = new HashSet<string>(StringComparer.Ordinal);
        var count = 0;
        var clock = Stopwatch.StartNew();
        for (; search.Next() is { } picker; count++)
        {
            var run = await race.Runner.RunAsync(picker, Cancellation);
            Assert.Equal(RunEnd.Completed, run.End);
            search.Learn(run, picker);
            outcomes.Add(string.Join(' ', run.Outcome!.Ends.Select(end => end.Answer.Text)) + Used(run));
        }

        Assert.True(search.IsExhausted);
        output.WriteLine($"{search.GetType().Name}: {count} schedules in {clock.ElapsedMilliseconds} ms, {count / clock.Elapsed.TotalSeconds:0} a second");
        return (outcomes, count);
    }

    private Task<DirectRace> CreateAsync(RunnerOptions options, params Func<Execute, CancellationToken, Task<object?>>[] actors) =>
        DirectRace.CreateAsync(cluster.Server.ConnectionString, Invites.Schema, Invites.Given, options, actors);
}
