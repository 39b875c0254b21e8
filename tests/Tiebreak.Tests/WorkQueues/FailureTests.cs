using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.WorkQueues;

namespace Tiebreak.Tests.WorkQueues;

public sealed class FailureTests(LedgerDatabase database) : IClassFixture<LedgerDatabase>
{
    private static readonly QueueWorkerOptions ThreeTimes = RunningWorker.Quick with { MaxAttempts = 3 };

    [Fact]
    public async Task A_failing_job_is_tried_again_with_nothing_left_of_the_failed_attempts()
    {
        var queue = database.NewQueue();
        await database.EnqueueAsync(queue, "one", 1, 2);
        await using var worker = RunningWorker.Start(database.Contexts, queue, handler: async (db, job, ct) =>
        {
            await RunningWorker.WriteAsync(db, job, ct);
            if (job is { Payload.Number: 1, Attempt: < 4 })
            {
                throw new InvalidOperationException("Not yet.");
            }
        });
        await database.UntilDoneAsync(queue, 2);

        Assert.Equal([1, 2], (await database.EffectsAsync(queue)).Select(effect => effect.Number));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_job_that_fails_each_time_is_a_dead_letter_and_holds_its_key_only_when_asked_to(bool holds)
    {
        var queue = database.NewQueue();
        var ids = await database.EnqueueAsync(queue, "one", 1, 2);
        var attempts = 0;
        await using var worker = RunningWorker.Start(database.Contexts, queue, ThreeTimes with { DeadLettersHoldKey = holds }, (db, job, ct) =>
        {
            if (job.Payload.Number == 2)
            {
                return RunningWorker.WriteAsync(db, job, ct);
            }

            attempts++;
            throw new InvalidOperationException("Never.\0" + new string('x', 5000));
        });
        await LedgerDatabase.UntilAsync("a dead letter", async () => await database.CountAsync(queue) is { Dead: 1 } counts && (holds || counts.Ready == 0));

        Assert.Equal(3, attempts);
        var dead = (await database.JobAsync(ids[0]))!;
        Assert.Equal((JobState.Dead, 3, holds, 4000), (dead.State, dead.Attempts, dead.InLine, dead.LastError!.Length));
        Assert.StartsWith("System.InvalidOperationException: Never. x", dead.LastError, StringComparison.Ordinal);
        Assert.NotNull(dead.DiedAt);
        if (!holds)
        {
            await database.UntilDoneAsync(queue, 1);
            return;
        }

        var looks = worker.Loop.Looks;
        await LedgerDatabase.UntilAsync("more looks", () => Task.FromResult(worker.Loop.Looks > looks + 3));
        Assert.Empty(await database.EffectsAsync(queue));
        await using var context = database.Open();
        var line = Assert.Single(await context.WorkQueue(queue).BacklogByKeyAsync());
        Assert.Equal(("one", 1, false, true), (line.Key, line.Waiting, line.IsRunning, line.IsHeld));
        Assert.True(await context.WorkQueue(queue).DiscardAsync(ids[0]));
        Assert.False(await context.WorkQueue(queue).DiscardAsync(ids[0]));
        await database.UntilDoneAsync(queue, 1);
    }

    [Fact]
    public async Task A_requeued_dead_letter_starts_anew_before_the_later_jobs_of_its_key()
    {
        var queue = database.NewQueue();
        var ids = await database.EnqueueAsync(queue, "one", 1, 2, 3);
        var broken = true;
        await using (RunningWorker.Start(database.Contexts, queue, ThreeTimes with { DeadLettersHoldKey = true }, (db, job, ct) =>
            broken ? throw new RejectJobException("No.") : RunningWorker.WriteAsync(db, job, ct)))
        {
            await LedgerDatabase.UntilAsync("a dead letter", async () => (await database.CountAsync(queue)).Dead == 1);
            broken = false;
            await using var context = database.Open();
            Assert.Equal(ids[0], (await context.WorkQueue(queue).DeadLetters.SingleAsync()).Id);
            Assert.Equal(1, (await database.JobAsync(ids[0]))!.Attempts);
            Assert.True(await context.WorkQueue(queue).RequeueAsync(ids[0]));
            Assert.False(await context.WorkQueue(queue).RequeueAsync(ids[0]));
            await database.UntilDoneAsync(queue, 3);
        }

        Assert.Equal([1, 2, 3], (await database.EffectsAsync(queue)).Select(effect => effect.Number));
    }

    [Fact]
    public async Task All_dead_letters_are_requeued_at_once_in_the_callers_transaction()
    {
        var queue = database.NewQueue();
        await database.EnqueueAsync(queue, null, 1, 2, 3);
        await using (RunningWorker.Start(database.Contexts, queue, handler: (_, _, _) => throw new RejectJobException("No.")))
        {
            await LedgerDatabase.UntilAsync("dead letters", async () => (await database.CountAsync(queue)).Dead == 3);
        }

        await using var context = database.Open();
        await using (var transaction = await context.Database.BeginTransactionAsync())
        {
            Assert.Equal(3, await context.WorkQueue(queue).RequeueAllAsync());
            await transaction.RollbackAsync();
        }

        Assert.Equal(3, (await database.CountAsync(queue)).Dead);
        Assert.Equal(3, await context.WorkQueue(queue).RequeueAllAsync());
        Assert.Equal((3, 0), await database.CountAsync(queue) is var counts ? (counts.Ready, counts.Dead) : default);
    }

    [Theory]
    [InlineData("""{"Number": "many"}""", "does not deserialise as Tiebreak.Tests.WorkQueues.Note")]
    [InlineData("null", "The payload is null")]
    public async Task A_payload_that_cannot_be_read_is_a_dead_letter_at_once(string payload, string says)
    {
        var queue = database.NewQueue();
        var id = (await database.EnqueueAsync(queue, "one", 1))[0];
        await database.ExecuteAsync($"UPDATE {LedgerDatabase.Table} SET payload = '{payload}' WHERE id = '{id}'");
        await using var worker = RunningWorker.Start(database.Contexts, queue);
        await LedgerDatabase.UntilAsync("a dead letter", async () => (await database.CountAsync(queue)).Dead == 1);

        var dead = (await database.JobAsync(id))!;
        Assert.Contains(says, dead.LastError, StringComparison.Ordinal);
        Assert.Equal(1, dead.Attempts);
    }

    [Fact]
    public async Task A_handler_that_swallows_an_error_of_the_database_fails_with_nothing_half_done()
    {
        var queue = database.NewQueue();
        var id = (await database.EnqueueAsync(queue, "one", 1))[0];
        await using var worker = RunningWorker.Start(database.Contexts, queue, ThreeTimes, async (db, job, ct) =>
        {
            await RunningWorker.WriteAsync(db, job, ct);
            await Assert.ThrowsAsync<PostgresException>(() => db.Database.ExecuteSqlRawAsync("SELECT 1 / 0", ct));
        });
        await LedgerDatabase.UntilAsync("a dead letter", async () => (await database.CountAsync(queue)).Dead == 1);

        Assert.Contains("the handler went on as if it had not", (await database.JobAsync(id))!.LastError, StringComparison.Ordinal);
        Assert.Empty(await database.EffectsAsync(queue));
    }

    [Fact]
    public async Task A_handler_that_ends_the_transaction_fails_and_is_told_so()
    {
        var queue = database.NewQueue();
        var id = (await database.EnqueueAsync(queue, "one", 1))[0];
        await using var worker = RunningWorker.Start(database.Contexts, queue, ThreeTimes, (db, _, ct) => db.Database.CommitTransactionAsync(ct));
        await LedgerDatabase.UntilAsync("a dead letter", async () => (await database.CountAsync(queue)).Dead == 1);

        Assert.Contains("The handler ended the transaction", (await database.JobAsync(id))!.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_handler_left_unsaved_is_saved_with_the_completion()
    {
        var queue = database.NewQueue();
        await database.EnqueueAsync(queue, null, 1);
        await using var worker = RunningWorker.Start(database.Contexts, queue, handler: (db, job, _) =>
        {
            db.Effects.Add(new Effect { Queue = queue, Number = job.Payload.Number });
            return Task.CompletedTask;
        });
        await database.UntilDoneAsync(queue, 1);
    }

    [Fact]
    public async Task A_failed_job_waits_for_its_pause_by_the_databases_clock_and_so_do_the_later_ones_of_its_key()
    {
        var queue = database.NewQueue();
        var ids = await database.EnqueueAsync(queue, "one", 1, 2);
        await database.EnqueueAsync(queue, "other", 3);
        await using var worker = RunningWorker.Start(database.Contexts, queue, RunningWorker.Quick with { RetryDelay = TimeSpan.FromHours(2), MaxRetryDelay = TimeSpan.FromHours(3) }, (db, job, ct) =>
            job is { Payload.Number: 1, Attempt: 1 } ? throw new InvalidOperationException("Not yet.") : RunningWorker.WriteAsync(db, job, ct));
        await LedgerDatabase.UntilAsync("the other key's effect", async () => await database.CountAsync(queue) is { Delayed: 1, Running: 0 } && (await database.EffectsAsync(queue)).Count == 1);

        var failed = (await database.JobAsync(ids[0]))!;
        Assert.Equal((JobState.Ready, 1, null), (failed.State, failed.Attempts, failed.ClaimToken));
        Assert.Equal(true, await database.ScalarAsync($"SELECT run_after BETWEEN now() + interval '55 minutes' AND now() + interval '2 hours' FROM {LedgerDatabase.Table} WHERE id = '{ids[0]}'"));
        var looks = worker.Loop.Looks;
        await LedgerDatabase.UntilAsync("more looks", () => Task.FromResult(worker.Loop.Looks > looks + 3));
        Assert.Equal([3], (await database.EffectsAsync(queue)).Select(effect => effect.Number));

        await database.ExecuteAsync($"UPDATE {LedgerDatabase.Table} SET run_after = now() WHERE id = '{ids[0]}'");
        await database.UntilDoneAsync(queue, 3);
        Assert.Equal([3, 1, 2], (await database.EffectsAsync(queue)).Select(effect => effect.Number));
    }

    [Fact]
    public async Task A_job_for_later_waits_for_its_time()
    {
        var queue = database.NewQueue();
        await using var context = database.Open();
        var later = context.Enqueue(queue, new Note(1), runAfter: TimeProvider.System.GetUtcNow().AddHours(1)).Id;
        context.Enqueue(queue, new Note(2));
        await context.SaveChangesAsync();
        await using var worker = RunningWorker.Start(database.Contexts, queue);
        await LedgerDatabase.UntilAsync("the one that is due", async () => await database.CountAsync(queue) is { Ready: 0, Running: 0, Delayed: 1 });
        Assert.Equal([2], (await database.EffectsAsync(queue)).Select(effect => effect.Number));

        await database.ExecuteAsync($"UPDATE {LedgerDatabase.Table} SET run_after = now() WHERE id = '{later}'");
        await database.UntilDoneAsync(queue, 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_is_lost_in_a_handler_is_told_as_such(bool retrying)
    {
        var queue = database.NewQueue();
        var ids = await database.EnqueueAsync(queue, "one", 1);
        await using var worker = RunningWorker.Start(
            LedgerDatabase.ContextsOn(database.Source, retrying),
            queue,
            RunningWorker.Quick with { MaxAttempts = 1 },
            (db, _, ct) => db.Database.ExecuteSqlRawAsync("SELECT pg_terminate_backend(pg_backend_pid())", ct));
        await LedgerDatabase.UntilAsync("a dead letter", async () => await database.CountAsync(queue) is { Dead: 1 });

        Assert.StartsWith("Tiebreak.Transactions.ConnectionLostException", (await database.JobAsync(ids[0]))!.LastError, StringComparison.Ordinal);
    }
}
