using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Tests.Transactions;
using Tiebreak.WorkQueues;

namespace Tiebreak.Tests.WorkQueues;

public sealed class WorkerTests(LedgerDatabase database) : IClassFixture<LedgerDatabase>
{
    private static readonly QueueWorkerOptions NeverPolls = RunningWorker.Quick with { PollInterval = TimeSpan.FromDays(1) };

    [Fact]
    public async Task A_notification_wakes_a_worker_that_does_not_poll()
    {
        var queue = database.NewQueue();
        await using var worker = RunningWorker.Start(database.Contexts, queue, NeverPolls);
        await LedgerDatabase.UntilAsync("the worker listens", () => Task.FromResult(worker.Loop?.TimesListening == 1 && worker.Loop.Looks >= 1));
        await database.EnqueueAsync(queue, null, 1);
        await database.UntilDoneAsync(queue, 1);

        // At the start, when it began to listen, when it was notified, when the job had ended: the poll had no part in it.
        Assert.InRange(worker.Loop.Looks, 2, 4);
    }

    [Fact]
    public async Task A_worker_that_does_not_listen_finds_jobs_by_polling()
    {
        var queue = database.NewQueue();
        await using var worker = RunningWorker.Start(database.Contexts, queue, RunningWorker.Quick with { Listen = false });
        await LedgerDatabase.UntilAsync("a look", () => Task.FromResult(worker.Loop?.Looks >= 1));
        await database.EnqueueAsync(queue, null, 1);
        await database.UntilDoneAsync(queue, 1);

        Assert.Equal(0, worker.Loop.TimesListening);
    }

    [Fact]
    public async Task A_worker_whose_listening_connection_is_cut_listens_anew()
    {
        var queue = database.NewQueue();
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { ApplicationName = "cut " + queue }.ConnectionString);
        await using var worker = RunningWorker.Start(LedgerDatabase.ContextsOn(source), queue, NeverPolls);
        await LedgerDatabase.UntilAsync("the worker listens", () => Task.FromResult(worker.Loop?.TimesListening == 1));
        var pids = await database.ScalarAsync($"WITH cut AS MATERIALIZED (SELECT pid FROM pg_stat_activity WHERE application_name = 'cut {queue}') SELECT string_agg(pid::text, ',') FROM cut WHERE pg_terminate_backend(pid)");
        await LedgerDatabase.UntilAsync("the connections' end", async () => await database.ScalarAsync($"SELECT count(*) FROM pg_stat_activity WHERE pid IN ({pids})") is 0L);
        await database.EnqueueAsync(queue, null, 1);

        await database.UntilDoneAsync(queue, 1);
        await LedgerDatabase.UntilAsync("the worker listens anew", () => Task.FromResult(worker.Loop.TimesListening == 2));
    }

    [Fact]
    public async Task A_stopped_worker_claims_no_more_and_lets_the_running_jobs_end()
    {
        var queue = database.NewQueue();
        await database.EnqueueAsync(queue, null, Enumerable.Range(0, 10));
        using var running = new CountdownEvent(2);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var worker = RunningWorker.Start(database.Contexts, queue, RunningWorker.Quick with { MaxConcurrency = 2 }, async (db, job, ct) =>
        {
            running.Signal();
            await goOn.Task;
            ct.ThrowIfCancellationRequested();
            await RunningWorker.WriteAsync(db, job, ct);
        });
        Assert.True(running.Wait(TimeSpan.FromSeconds(30)));
        await worker.StopAsync();
        Assert.False(worker.Ended.IsCompleted);
        goOn.SetResult();
        await worker.Ended;

        Assert.Equal(2, (await database.EffectsAsync(queue)).Count);
        Assert.Equal((8, 0), await database.CountAsync(queue) is var counts ? (counts.Ready, counts.Running) : default);
    }

    [Fact]
    public async Task A_job_that_does_not_end_in_the_time_to_drain_is_returned_without_counting_the_attempt()
    {
        var queue = database.NewQueue();
        var id = (await database.EnqueueAsync(queue, "one", 1))[0];
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var worker = RunningWorker.Start(database.Contexts, queue, RunningWorker.Quick with { DrainTimeout = TimeSpan.Zero }, async (db, job, ct) =>
        {
            await RunningWorker.WriteAsync(db, job, ct);
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, ct);
        });
        await begun.Task;
        await worker.StopAsync();
        await worker.Ended;

        Assert.Empty(await database.EffectsAsync(queue));
        var job = (await database.JobAsync(id))!;
        Assert.Equal((JobState.Ready, 0, null, null), (job.State, job.Attempts, job.ClaimToken, job.LastError));
    }

    [Fact]
    public async Task A_connection_that_is_lost_amid_COMMIT_neither_loses_nor_doubles_the_effect()
    {
        var queue = database.NewQueue();
        await database.EnqueueAsync(queue, "one", 1);
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        var contexts = new Switched(LedgerDatabase.ContextsOn(source));
        await using (RunningWorker.Start(contexts, queue, RunningWorker.Quick with { Listen = false }, async (db, job, ct) =>
        {
            await RunningWorker.WriteAsync(db, job, ct);
            if (job.Attempt == 1)
            {
                // What the worker does about it goes another way.
                contexts.Inner = database.Contexts;
                wire.CutAtAnswerTo("COMMIT");
            }
        }))
        {
            await database.UntilDoneAsync(queue, 1);
        }

        Assert.Single(await database.EffectsAsync(queue));
        Assert.Equal(0, (await database.CountAsync(queue)).Ready);
    }

    [Fact]
    public async Task A_worker_without_its_table_ends_with_the_databases_error()
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = "postgres" }.ConnectionString);
        var worker = new QueueWorker<LedgerContext, Note>(LedgerDatabase.ContextsOn(source), "any", RunningWorker.WriteAsync);

        Assert.Equal(PostgresErrorCodes.UndefinedTable, (await Assert.ThrowsAsync<PostgresException>(() => worker.RunAsync(CancellationToken.None))).SqlState);
    }

    [Fact]
    public async Task A_worker_outlives_a_database_that_is_not_there_yet()
    {
        var queue = database.NewQueue();
        await database.EnqueueAsync(queue, null, 1);
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=u;Password=p;Database=d");
        var contexts = new Switched(LedgerDatabase.ContextsOn(nowhere));
        await using var worker = RunningWorker.Start(contexts, queue);
        await LedgerDatabase.UntilAsync("failed looks", () => Task.FromResult(worker.Loop?.Looks >= 3));
        contexts.Inner = database.Contexts;

        await database.UntilDoneAsync(queue, 1);
    }

    [Fact]
    public async Task Counts_and_backlogs_say_how_full_a_queue_is()
    {
        var queue = database.NewQueue();
        await database.EnqueueAsync(queue, "long", 1, 2, 3);
        await database.EnqueueAsync(queue, "short", 4);
        await database.EnqueueAsync(queue, null, 5);
        await database.ExecuteAsync($"UPDATE {LedgerDatabase.Table} SET run_after = now() - interval '1 hour', enqueued_at = now() - interval '1 hour' WHERE queue = '{queue}' AND key = 'long'");
        await using (var context = database.Open())
        {
            context.Enqueue(queue, new Note(6), runAfter: TimeProvider.System.GetUtcNow().AddDays(1));
            await context.SaveChangesAsync();
            var counts = await context.WorkQueue(queue).CountAsync();
            Assert.Equal((5, 1, 0, 0), (counts.Ready, counts.Delayed, counts.Running, counts.Dead));
            Assert.InRange(counts.OldestReady!.Value, TimeSpan.FromHours(1), TimeSpan.FromHours(2));
            var lines = await context.WorkQueue(queue).BacklogByKeyAsync();
            Assert.Equal([("long", 3), ("short", 1)], lines.Select(line => (line.Key, line.Waiting)));
            Assert.InRange(lines[0].Oldest, TimeSpan.FromHours(1), TimeSpan.FromHours(2));
            Assert.Single(await context.WorkQueue(queue).BacklogByKeyAsync(take: 1));
            Assert.Equal(6, await context.WorkQueue(queue).Jobs.CountAsync());
        }

        await using var empty = database.Open();
        Assert.Equal(new QueueCounts(0, 0, 0, 0, null), await empty.WorkQueue("nobody's").CountAsync());
    }

    private sealed class Switched(IDbContextFactory<LedgerContext> inner) : IDbContextFactory<LedgerContext>
    {
        public IDbContextFactory<LedgerContext> Inner { get; set; } = inner;

        public LedgerContext CreateDbContext() => Inner.CreateDbContext();
    }
}
