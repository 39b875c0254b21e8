using System.Collections.Concurrent;
using Npgsql;
using Tiebreak.Tests.Transactions;
using Tiebreak.WorkQueues;

namespace Tiebreak.Tests.WorkQueues;

/// <summary>How few statements many short jobs take, and that nothing is lost for it.</summary>
public sealed class ThroughputTests(LedgerDatabase database) : IClassFixture<LedgerDatabase>
{
    [Fact]
    public async Task Short_jobs_of_many_keys_are_claimed_many_at_a_time_and_ended_in_bulk()
    {
        const int Jobs = 400;
        var queue = database.NewQueue();
        await EnqueueAsync(queue, Jobs, keys: 40);
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        var ran = new ConcurrentQueue<(string Key, int Number)>();
        await using (var worker = Bare(LedgerDatabase.ContextsOn(source), queue, (job, _) =>
        {
            ran.Enqueue((job.Key!, job.Payload.Number));
            return Task.CompletedTask;
        }))
        {
            await LedgerDatabase.UntilAsync("an empty queue", async () => await database.CountAsync(queue) is { Ready: 0, Running: 0 });
        }

        Assert.Equal(Jobs, ran.Distinct().Count());
        Assert.Equal(Jobs, ran.Count);
        Assert.All(ran.GroupBy(one => one.Key), line => Assert.Equal(line.Select(one => one.Number).Order(), line.Select(one => one.Number)));

        // One claim and one end for each job would be twice the jobs.
        Assert.InRange(wire.RoundTrips.Count(sent => sent.Contains("WITH RECURSIVE", StringComparison.Ordinal) || sent.Contains("DELETE FROM", StringComparison.Ordinal)), 1, Jobs);
    }

    [Fact]
    public async Task What_was_claimed_ahead_is_returned_uncounted_when_the_worker_stops()
    {
        var queue = database.NewQueue();
        await EnqueueAsync(queue, 100, keys: 0);
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var count = 0;
        await using (var worker = Bare(database.Contexts, queue, async (_, _) =>
        {
            // The first ones are quick, so that others are claimed ahead.
            if (Interlocked.Increment(ref count) > 20)
            {
                first.TrySetResult();
                await goOn.Task;
            }
        }))
        {
            await first.Task.WaitAsync(TimeSpan.FromSeconds(30));
            await LedgerDatabase.UntilAsync("jobs claimed ahead", async () => await database.CountAsync(queue) is { Running: > 4 });
            await worker.StopAsync();
            goOn.SetResult();
        }

        var left = await database.CountAsync(queue);
        Assert.Equal((100 - count, 0L), (left.Ready, left.Running));
        Assert.Equal(0L, await database.ScalarAsync($"SELECT count(*) FROM {LedgerDatabase.Table} WHERE queue = '{queue}' AND attempts > 0"));
    }

    [Fact]
    public async Task A_handler_without_a_context_whose_claim_was_lost_ends_nothing_of_the_other_workers()
    {
        var queue = database.NewQueue();
        var id = (await database.EnqueueAsync(queue, "one", 1))[0];
        var commands = new WorkerCommands<LedgerContext>(database.Contexts);
        var stale = (await new Claims<LedgerContext>(commands, queue, TimeSpan.FromMinutes(1)).TakeAsync(1))[0];
        await database.ExecuteAsync($"UPDATE {LedgerDatabase.Table} SET claim_token = gen_random_uuid() WHERE id = '{id}'");

        await Assert.ThrowsAsync<ClaimLostException>(() => new Completions<LedgerContext>(commands, TimeProvider.System).CompleteAsync(stale));

        Assert.NotNull(await database.JobAsync(id));
    }

    private static RunningWorker Bare(Microsoft.EntityFrameworkCore.IDbContextFactory<LedgerContext> contexts, string queue, Func<Job<Note>, CancellationToken, Task> handler) =>
        RunningWorker.Start(new QueueWorker<LedgerContext, Note>(contexts, queue, handler, RunningWorker.Quick));

    private async Task EnqueueAsync(string queue, int count, int keys)
    {
        await using var context = database.Open();
        for (var number = 0; number < count; number++)
        {
            context.Enqueue(queue, new Note(number), keys == 0 ? null : $"key-{number % keys}");
        }

        await context.SaveChangesAsync();
    }
}
