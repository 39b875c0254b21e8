using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.WorkQueues;

namespace Tiebreak.Tests.WorkQueues;

public sealed class LeaseTests(LedgerDatabase database) : IClassFixture<LedgerDatabase>
{
    private static readonly QueueWorkerOptions NeverRenews = RunningWorker.Quick with { Lease = TimeSpan.FromDays(1) };

    [Fact]
    public async Task A_job_whose_lease_has_ended_is_run_by_another_and_the_stale_workers_writes_are_refused()
    {
        var queue = database.NewQueue();
        var id = (await database.EnqueueAsync(queue, "one", 1))[0];
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stale = RunningWorker.Start(database.Contexts, queue, NeverRenews, async (db, job, _) =>
        {
            db.Effects.Add(new Effect { Queue = queue, JobId = job.Id, Number = -1 });
            await db.SaveChangesAsync(CancellationToken.None);
            begun.TrySetResult();
            await goOn.Task;
        });
        await begun.Task;
        await stale.StopAsync();
        await EndLeaseAsync(id);

        await using var other = RunningWorker.Start(database.Contexts, queue, NeverRenews, (db, job, ct) =>
        {
            Assert.Equal(2, job.Attempt);
            return RunningWorker.WriteAsync(db, job, ct);
        });
        await database.UntilDoneAsync(queue, 1);
        goOn.SetResult();
        await stale.Ended;

        Assert.Equal([1], (await database.EffectsAsync(queue)).Select(effect => effect.Number));
        Assert.Null(await database.JobAsync(id));
    }

    [Fact]
    public async Task A_stale_worker_is_refused_while_the_other_one_still_runs_the_job()
    {
        var queue = database.NewQueue();
        var id = (await database.EnqueueAsync(queue, "one", 1))[0];
        var stale = (await Claims(queue).TakeAsync(1))[0];
        await EndLeaseAsync(id);
        Assert.Equal(1, await LeasesOf(queue).ReclaimAsync());
        var other = (await Claims(queue).TakeAsync(1))[0];

        await using var context = database.Open();
        await using (var transaction = await context.Database.BeginTransactionAsync())
        {
            var write = new CompletingWrite(context, stale);
            write.Prepare();
            await Assert.ThrowsAsync<ClaimLostException>(write.SendAsync);
        }

        var ends = new ClaimEnds<LedgerContext>(new WorkerCommands<LedgerContext>(database.Contexts), deadLettersHoldKey: false);
        Assert.False(await ends.RetryAsync(stale, TimeSpan.Zero, "late"));
        Assert.False(await ends.BuryAsync(stale, "late"));
        Assert.False(await ends.ReturnAsync(stale));
        Assert.Equal([(other.Id, other.Token)], await LeasesOf(queue).RenewAsync([stale, other], CancellationToken.None));
        Assert.Equal((JobState.Running, other.Token), await database.JobAsync(id) is { } job ? (job.State, job.ClaimToken!.Value) : default);
    }

    [Fact]
    public async Task A_job_that_is_being_completed_is_not_taken_over_though_its_lease_has_ended()
    {
        var queue = database.NewQueue();
        var id = (await database.EnqueueAsync(queue, "one", 1))[0];
        var claim = (await Claims(queue).TakeAsync(1))[0];
        await EndLeaseAsync(id);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await context.Database.ExecuteSqlRawAsync($"DELETE FROM {LedgerDatabase.Table} WHERE id = {{0}}", claim.Id);

        Assert.Equal(0, await LeasesOf(queue).ReclaimAsync());
        Assert.Equal([(claim.Id, claim.Token)], await LeasesOf(queue).RenewAsync([claim], CancellationToken.None));
        Assert.Empty(await Claims(queue).TakeAsync(1));
        await transaction.CommitAsync();
        Assert.Equal(0, await LeasesOf(queue).ReclaimAsync());
    }

    [Fact]
    public async Task A_long_handler_keeps_its_job_by_renewal()
    {
        var queue = database.NewQueue();
        var id = (await database.EnqueueAsync(queue, "one", 1))[0];
        var shortLease = RunningWorker.Quick with { Lease = TimeSpan.FromSeconds(3) };
        var runs = 0;
        var renewed = async () =>
        {
            // So much later than the first end of the lease that it would have ended without.
            var first = (await database.JobAsync(id))!.ClaimedUntil!.Value;
            await LedgerDatabase.UntilAsync("renewal", async () => (await database.JobAsync(id))!.ClaimedUntil > first + shortLease.Lease);
        };
        await using var one = RunningWorker.Start(database.Contexts, queue, shortLease, Handler);
        await using var two = RunningWorker.Start(database.Contexts, queue, shortLease, Handler);
        await database.UntilDoneAsync(queue, 1);

        Assert.Equal(1, runs);

        async Task Handler(LedgerContext db, Job<Note> job, CancellationToken ct)
        {
            Interlocked.Increment(ref runs);
            await renewed();
            await RunningWorker.WriteAsync(db, job, ct);
        }
    }

    [Fact]
    public async Task The_handler_is_told_when_its_claim_is_lost()
    {
        var queue = database.NewQueue();
        var id = (await database.EnqueueAsync(queue, "one", 1))[0];
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var worker = RunningWorker.Start(database.Contexts, queue, RunningWorker.Quick with { Lease = TimeSpan.FromMilliseconds(300) }, async (db, job, ct) =>
        {
            if (job.Attempt > 1)
            {
                await RunningWorker.WriteAsync(db, job, ct);
                return;
            }

            await database.ExecuteAsync($"UPDATE {LedgerDatabase.Table} SET claim_token = gen_random_uuid(), claimed_until = now() WHERE id = '{id}'");
            await using var registration = ct.Register(() => told.TrySetResult());
            await told.Task;
            ct.ThrowIfCancellationRequested();
        });
        await told.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await database.UntilDoneAsync(queue, 1);

        Assert.Equal([1], (await database.EffectsAsync(queue)).Select(effect => effect.Number));
    }

    [Fact]
    public async Task A_job_that_loses_its_worker_each_time_is_a_dead_letter_in_the_end()
    {
        var queue = database.NewQueue();
        var id = (await database.EnqueueAsync(queue, "one", 1))[0];
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Assert.Single(await Claims(queue).TakeAsync(1));
            await EndLeaseAsync(id);
            Assert.Equal(1, await LeasesOf(queue).ReclaimAsync());
        }

        var dead = (await database.JobAsync(id))!;
        Assert.Equal((JobState.Dead, 3, false), (dead.State, dead.Attempts, dead.InLine));
        Assert.StartsWith("Attempt 3 did not end: its worker was lost", dead.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_whose_connection_is_cut_is_tried_again_and_leaves_nothing()
    {
        var queue = database.NewQueue();
        await database.EnqueueAsync(queue, "one", 1);
        await using var worker = RunningWorker.Start(database.Contexts, queue, handler: async (db, job, ct) =>
        {
            await RunningWorker.WriteAsync(db, job, ct);
            if (job.Attempt == 1)
            {
                await database.ScalarAsync($"SELECT pg_terminate_backend({((NpgsqlConnection)db.Database.GetDbConnection()).ProcessID})");
            }
        });
        await database.UntilDoneAsync(queue, 1);

        Assert.Single(await database.EffectsAsync(queue));
    }

    private Claims<LedgerContext> Claims(string queue) => new(new WorkerCommands<LedgerContext>(database.Contexts), queue, TimeSpan.FromHours(1));

    private Leases<LedgerContext> LeasesOf(string queue) =>
        new(new WorkerCommands<LedgerContext>(database.Contexts), queue, RunningWorker.Quick with { MaxAttempts = 3 });

    private Task EndLeaseAsync(Guid id) =>
        database.ExecuteAsync($"UPDATE {LedgerDatabase.Table} SET claimed_until = now() - interval '1 second' WHERE id = '{id}'");
}
