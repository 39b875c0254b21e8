using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Scheduling;
using Tiebreak.Races.Tests.Scheduling.Direct;
using Tiebreak.Races.Traces;
using Tiebreak.Testing;
using static Tiebreak.Races.Tests.Scheduling.Direct.Invites;

namespace Tiebreak.Races.Tests.Scheduling;

/// <summary>Runs that end before all actors did.</summary>
public sealed class EndedRunTests(PostgresCluster cluster)
{
    private static readonly RunnerOptions Short = new() { Patience = TimeSpan.FromSeconds(1) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

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
        var abandoned = await race.Runner.RunAsync(new LeavingPicker(0, 1), Cancellation);
        Assert.Equal(RunEnd.Abandoned, abandoned.End);
        Assert.Null(abandoned.Outcome);
        Assert.Equal("ab", abandoned.Trace.Schedule.ToString());
        Assert.Equal("2", Used(await race.RunAsync("")));
    }

    private Task<DirectRace> CreateAsync(RunnerOptions options, params Func<Execute, CancellationToken, Task<object?>>[] actors) =>
        DirectRace.CreateAsync(cluster.Server.ConnectionString, Invites.Schema, Invites.Given, options, actors);

    private sealed class LeavingPicker(params int[] actors) : IPicker
    {
        private int _picks;

        public int Pick(IReadOnlyList<int> ready, int last) => _picks < actors.Length ? actors[_picks++] : -1;
    }

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
