using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Tiebreak.WorkQueues;

namespace Tiebreak.Tests.WorkQueues;

public sealed class EnqueueTests(LedgerDatabase database) : IClassFixture<LedgerDatabase>
{
    [Fact]
    public async Task A_job_is_there_with_the_change_or_not_at_all()
    {
        var queue = database.NewQueue();
        await using var context = database.Open();
        await using (var rolledBack = await context.Database.BeginTransactionAsync())
        {
            context.Enqueue(queue, new Note(1));
            await context.SaveChangesAsync();
            await rolledBack.RollbackAsync();
        }

        Assert.Equal(0, (await database.CountAsync(queue)).Ready);

        await using var committed = await context.Database.BeginTransactionAsync();
        context.Effects.Add(new Effect { Queue = queue });
        context.Enqueue(queue, new Note(2));
        await context.SaveChangesAsync();
        Assert.Equal(0, (await database.CountAsync(queue)).Ready);
        await committed.CommitAsync();

        Assert.Equal(1, (await database.CountAsync(queue)).Ready);
        Assert.Single(await database.EffectsAsync(queue));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task Workers_are_notified_at_the_commit_and_not_after_a_rollback(bool async, bool ownTransaction)
    {
        var queue = database.NewQueue();
        await using var listener = await JobListener.StartAsync(database.Source);
        await using var context = database.Open();
        if (ownTransaction)
        {
            await using (var rolledBack = await context.Database.BeginTransactionAsync())
            {
                context.Enqueue(queue + " of the rollback", new Note(1));
                await SaveAsync();
                await rolledBack.RollbackAsync();
            }

            context.ChangeTracker.Clear();
            await using var transaction = await context.Database.BeginTransactionAsync();
            context.Enqueue(queue, new Note(1));
            await SaveAsync();
            await transaction.CommitAsync();
        }
        else
        {
            context.Enqueue(queue, new Note(1));
            await SaveAsync();
        }

        Assert.Equal([queue], await listener.UntilHeardAsync(queue));

        Task SaveAsync()
        {
            return async ? context.SaveChangesAsync() : Task.FromResult(context.SaveChanges());
        }
    }

    [Fact]
    public async Task A_save_without_jobs_notifies_nobody_and_a_failed_one_keeps_its_jobs_for_the_next()
    {
        var queue = database.NewQueue();
        await using var listener = await JobListener.StartAsync(database.Source);
        await using var context = database.Open();
        context.Effects.Add(new Effect { Queue = queue });
        await context.SaveChangesAsync();

        context.Enqueue(queue, new Note(1), "one");
        context.Enqueue(queue, new Note(2), "one");
        var doubled = new Effect { Id = (await database.EffectsAsync(queue))[0].Id };
        var second = database.Open();
        await using (second)
        {
            context.ChangeTracker.Entries<Effect>().Single().State = EntityState.Detached;
            context.Effects.Add(doubled);
            await Assert.ThrowsAsync<DbUpdateException>(() => context.SaveChangesAsync());
        }

        context.Entry(doubled).State = EntityState.Detached;
        await context.SaveChangesAsync();

        Assert.Equal([queue], await listener.UntilHeardAsync(queue));
        Assert.Equal(2, (await database.CountAsync(queue)).Ready);
    }

    [Fact]
    public async Task A_job_that_was_taken_out_of_the_context_again_is_not_enqueued()
    {
        var queue = database.NewQueue();
        await using var context = database.Open();
        context.Remove(context.Enqueue(queue, new Note(1), "one"));
        context.Enqueue(queue, new Note(2), "one");
        await context.SaveChangesAsync();

        Assert.Equal(1, (await database.CountAsync(queue)).Ready);
    }

    [Fact]
    public async Task A_retrying_execution_strategy_enqueues_within_and_without_its_transaction()
    {
        var queue = database.NewQueue();
        var contexts = LedgerDatabase.ContextsOn(database.Source, retrying: true);
        await using var context = contexts.CreateDbContext();
        context.Enqueue(queue, new Note(1), "one");
        context.Enqueue(queue, new Note(2), "one");
        await context.SaveChangesAsync();
        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync();
            context.Enqueue(queue, new Note(3), "one");
            context.Enqueue(queue, new Note(4), "one");
            await context.SaveChangesAsync();
            await transaction.CommitAsync();
        });

        await using var worker = RunningWorker.Start(contexts, queue);
        await database.UntilDoneAsync(queue, 4);
        Assert.Equal([1, 2, 3, 4], (await database.EffectsAsync(queue)).Select(effect => effect.Number));
    }

    [Fact]
    public async Task A_TransactionScope_that_is_not_completed_enqueues_nothing()
    {
        var queue = database.NewQueue();
        using (new System.Transactions.TransactionScope(System.Transactions.TransactionScopeAsyncFlowOption.Enabled))
        {
            await database.EnqueueAsync(queue, "one", 1, 2);
        }

        using (var scope = new System.Transactions.TransactionScope(System.Transactions.TransactionScopeAsyncFlowOption.Enabled))
        {
            await database.EnqueueAsync(queue, "one", 3, 4);
            scope.Complete();
        }

        await LedgerDatabase.UntilAsync("the scope's commit", async () => (await database.CountAsync(queue)).Ready > 0);
        Assert.Equal(2, (await database.CountAsync(queue)).Ready);
    }

    [Fact]
    public async Task The_script_creates_the_table_of_the_model()
    {
        await database.ExecuteAsync(WorkQueueSchema.CreateScript("jobs", "by script"));
        await database.ExecuteAsync(WorkQueueSchema.CreateScript("more jobs"));
        foreach (var table in new[] { "'\"by script\".jobs'", "'\"more jobs\"'" })
        {
            Assert.Equal(
                await ShapeAsync($"'{LedgerDatabase.Table.Replace("'", "''", StringComparison.Ordinal)}'"),
                await ShapeAsync(table));
        }

        Task<object?> ShapeAsync(string table)
        {
            return database.ScalarAsync($"""
                SELECT (SELECT string_agg(attname || ' ' || atttypid::regtype || ' ' || attnotnull || ' ' || attcollation || ' ' || attidentity::text, ', ' ORDER BY attnum)
                  FROM pg_attribute WHERE attrelid = {table}::regclass AND attnum > 0)
                || (SELECT string_agg(indisunique || ' ' || indkey::text || ' ' || coalesce(pg_get_expr(indpred, indrelid), ''), ', ' ORDER BY indkey::text)
                  FROM pg_index WHERE indrelid = {table}::regclass)
                """);
        }
    }

    [Fact]
    public void What_cannot_be_enqueued_is_refused_with_what_to_write()
    {
        using var context = database.Open();
        Assert.Throws<ArgumentException>(() => context.Enqueue(" ", new Note(1)));
        Assert.Throws<ArgumentException>(() => context.Enqueue(new string('q', 101), new Note(1)));
        Assert.Contains("Leave the key out", Assert.Throws<ArgumentException>(() => context.Enqueue("q", new Note(1), "")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => context.Enqueue("q", new Note(1), new string('k', 401)));
        Assert.Throws<ArgumentException>(() => context.Enqueue("q", new Note(1), "a\0b"));

        using var forgotten = new LedgerContext(new DbContextOptionsBuilder<LedgerContext>().UseNpgsql(database.Source).Options);
        Assert.Contains("UseTiebreak()", Assert.Throws<InvalidOperationException>(() => forgotten.Enqueue("q", new Note(1))).Message, StringComparison.Ordinal);
        using var bare = new DbContext(new DbContextOptionsBuilder<DbContext>().UseNpgsql(database.Source).UseTiebreak().Options);
        Assert.Contains("UseWorkQueues()", Assert.Throws<InvalidOperationException>(() => bare.Enqueue("q", new Note(1))).Message, StringComparison.Ordinal);
        Assert.Contains("UseWorkQueues()", Assert.Throws<InvalidOperationException>(() => bare.WorkQueue("q")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_is_read_as_it_was_written()
    {
        var queue = database.NewQueue();
        var web = JsonSerializerOptions.Web;
        await using var context = database.Open();
        var runAfter = new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.FromHours(2));
        var id = context.Enqueue(queue, new Note(7), "ключ 鍵", runAfter, web).Id;
        await context.SaveChangesAsync();

        var job = (await database.JobAsync(id))!;
        Assert.Equal((queue, "ключ 鍵", JobState.Ready, 0, runAfter), (job.Queue, job.Key, job.State, job.Attempts, job.RunAfter));
        Assert.Contains("number", job.Payload, StringComparison.Ordinal);
        Assert.True(job.Position > 0 && job.InLine);

        Job<Note>? seen = null;
        await using var worker = RunningWorker.Start(database.Contexts, queue, RunningWorker.Quick with { Json = web }, (db, run, ct) =>
        {
            seen = run;
            return RunningWorker.WriteAsync(db, run, ct);
        });
        await database.UntilDoneAsync(queue, 1);
        Assert.Equal(new Job<Note>(id, queue, "ключ 鍵", new Note(7), 1, job.EnqueuedAt), seen);
    }
}
