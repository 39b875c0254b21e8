using System.Diagnostics;
using Npgsql;
using Tiebreak.Races.Scheduling;
using Tiebreak.Races.Scheduling.Searching;
using Tiebreak.Races.Tests.Scheduling.Direct;
using Tiebreak.Races.Traces;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Scheduling;

public sealed class ScheduleRunnerTests(PostgresCluster cluster, ITestOutputHelper output)
{
    private const string Schema = "CREATE TABLE invite (id int PRIMARY KEY, used int); CREATE TABLE member (invite_id int REFERENCES invite, name text)";
    private const string Given = "INSERT INTO invite VALUES (1, 0), (2, 0), (3, 0)";

    private static readonly RunnerOptions Short = new() { Patience = TimeSpan.FromSeconds(1) };

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
    public async Task A_statement_that_waits_for_a_stranger_makes_the_run_unknown()
    {
        await using var race = await CreateAsync(Short, Locking(1), Locking(2));
        await using var stranger = new NpgsqlConnection(race.Stage.ConnectionString);
        await stranger.OpenAsync(Cancellation);
        await using var transaction = await stranger.BeginTransactionAsync(Cancellation);
        await new NpgsqlCommand("SELECT 1 FROM invite WHERE id = 2 FOR UPDATE", stranger).ExecuteNonQueryAsync(Cancellation);
        var run = await race.RunAsync("ab");
        Assert.Equal(RunEnd.Unknown, run.End);
        Assert.Null(run.Outcome);
        Assert.Contains($"bob's 'SELECT used FROM invite WHERE id = 2 FOR UPDATE' did not come back within 1 s, and it waits for a lock that process {stranger.ProcessID} holds", run.Reason, StringComparison.Ordinal);
        await transaction.RollbackAsync(Cancellation);
        Assert.Equal("1", Used(await race.RunAsync("")));
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
    public async Task An_actor_that_hangs_makes_the_run_unknown_and_is_stopped()
    {
        var stopped = new TaskCompletionSource();
        await using var race = await CreateAsync(Short, Locking(1), async (db, cancellationToken) =>
        {
            await db("SELECT 1");
            await using var registration = cancellationToken.Register(() => stopped.TrySetResult());
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return null;
        });
        var run = await race.RunAsync("aab");
        Assert.Equal(RunEnd.Unknown, run.End);
        Assert.Equal("bob neither ended nor sent a statement within 1 s.", run.Reason);
        await stopped.Task.WaitAsync(Cancellation);
        Assert.All(race.Gates, gate => Assert.Equal(gate.Runs, gate.Ends));
    }

    [Fact]
    public async Task An_actor_that_cannot_be_stopped_is_not_run_again()
    {
        var release = new TaskCompletionSource<object?>();
        await using var race = await CreateAsync(new RunnerOptions { Patience = TimeSpan.FromMilliseconds(200) }, Locking(1), (_, _) => release.Task);
        Assert.Equal(RunEnd.Unknown, (await race.RunAsync("")).End);
        var refusal = await Assert.ThrowsAsync<RaceException>(() => race.RunAsync(""));
        Assert.Contains("bob still runs", refusal.Message, StringComparison.Ordinal);
        release.SetResult(null);
        Assert.Equal(RunEnd.Completed, (await race.RunAsync("")).End);
    }

    [Fact]
    public async Task A_lost_connection_makes_the_run_unknown()
    {
        await using var race = await CreateAsync(Short, Locking(1), async (db, _) => await db("SELECT pg_terminate_backend(pg_backend_pid())"));
        var run = await race.RunAsync("ab");
        Assert.Equal(RunEnd.Unknown, run.End);
        Assert.StartsWith("bob lost its connection during 'SELECT pg_terminate_backend", run.Reason, StringComparison.Ordinal);
        Assert.Equal(RunEnd.Unknown, (await race.RunAsync("")).End);
    }

    [Fact]
    public async Task Cancellation_stops_everything_and_the_next_run_starts_from_the_start()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var race = await CreateAsync(new(), Locking(1), Locking(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => race.Runner.RunAsync(new CancellingPicker(source, 3), source.Token));
        Assert.All(race.Gates, gate => Assert.Equal(gate.Runs, gate.Ends));
        Assert.Equal("2", Used(await race.RunAsync("")));
    }

    [Fact]
    public async Task A_run_that_the_picker_abandons_says_nothing_and_leaves_nothing()
    {
        await using var race = await CreateAsync(new(), Locking(1), Locking(1));
        var abandoned = await race.RunAsync("abb");
        Assert.Equal(RunEnd.Abandoned, abandoned.End);
        Assert.Null(abandoned.Outcome);
        Assert.Equal("ab", abandoned.Trace.Schedule.ToString());
        Assert.Equal("2", Used(await race.RunAsync("")));
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
            var waiting = db("UPDATE invite SET used = used + 1 WHERE id = 1");
            await db("UPDATE invite SET used = used + 1 WHERE id = 2", 1);
            return await waiting;
        });
        var run = await race.RunAsync("abbbaa");
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
        await using var race = await CreateAsync(new(), Locking(1), Increment, Locking(1));
        var first = DirectRace.Seen(await race.RunAsync("abcb"));
        for (var repeat = 1; repeat < 100; repeat++)
        {
            Assert.Equal(first, DirectRace.Seen(await race.RunAsync("abcb")));
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
        DirectRace.CreateAsync(cluster.Server.ConnectionString, Schema, Given, options, actors);

    private static string? Used(Run run) => run.Outcome!.Tables.TryGetValue("public.invite", out var invites)
        ? invites.Rows.Single(row => row[0] == "1")[1] : "0";

    private static async Task<object?> Increment(Execute db, CancellationToken cancellationToken)
    {
        await db("BEGIN");
        var used = (int)(await db("SELECT used FROM invite WHERE id = 1"))!;
        await db($"UPDATE invite SET used = {used + 1} WHERE id = 1");
        return await db("COMMIT");
    }

    private static async Task<object?> Accept(Execute db, CancellationToken cancellationToken)
    {
        await db("BEGIN");
        if ((int)(await db("SELECT used FROM invite WHERE id = 1"))! >= 1)
        {
            await db("ROLLBACK");
            return "used up";
        }

        await db("INSERT INTO member VALUES (1, 'someone')");
        await db("UPDATE invite SET used = used + 1 WHERE id = 1");
        await db("COMMIT");
        return "accepted";
    }

    private static Func<Execute, CancellationToken, Task<object?>> Locking(int id) => async (db, _) =>
    {
        await db("BEGIN");
        var used = (int)(await db($"SELECT used FROM invite WHERE id = {id} FOR UPDATE"))!;
        await db($"UPDATE invite SET used = {used + 1} WHERE id = {id}");
        return await db("COMMIT");
    };

    private static Func<Execute, CancellationToken, Task<object?>> Both(int first, int second) => async (db, _) =>
    {
        await db("BEGIN");
        await db($"UPDATE invite SET used = used + 1 WHERE id = {first}");
        await db($"UPDATE invite SET used = used + 1 WHERE id = {second}");
        return await db("COMMIT");
    };

    private sealed class CancellingPicker(CancellationTokenSource source, int after) : IPicker
    {
        private int _picks;

        public int Pick(IReadOnlyList<int> ready, int last)
        {
            if (++_picks == after)
            {
                source.Cancel();
            }

            return ready[^1];
        }
    }
}
