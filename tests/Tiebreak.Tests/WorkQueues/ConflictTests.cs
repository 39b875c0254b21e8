using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Tests.WorkQueues;

/// <summary>Who runs a handler again: the worker, on a fresh context, and no execution strategy on the same one.</summary>
public sealed class ConflictTests(LedgerDatabase database) : IClassFixture<LedgerDatabase>
{
    [Theory]
    [InlineData("40001")]
    [InlineData("40P01")]
    public async Task A_conflict_runs_the_handler_again_on_a_fresh_context_within_the_same_attempt(string state)
    {
        var queue = database.NewQueue();
        await database.EnqueueAsync(queue, "one", 1);
        var contexts = new HashSet<DbContext>();
        await using var worker = RunningWorker.Start(LedgerDatabase.ContextsOn(database.Source, retrying: true), queue, handler: async (db, job, ct) =>
        {
            Assert.Equal(1, job.Attempt);
            await RunningWorker.WriteAsync(db, job, ct);
            if (contexts.Add(db) && contexts.Count < 3)
            {
                await db.Database.ExecuteSqlAsync($"SELECT raise_error({state})", ct);
            }
        });
        await database.UntilDoneAsync(queue, 1);

        Assert.Equal(3, contexts.Count);
        Assert.Single(await database.EffectsAsync(queue));
    }

    [Fact]
    public async Task A_retrying_execution_strategy_does_not_run_the_handler_again_by_itself()
    {
        var queue = database.NewQueue();
        await database.EnqueueAsync(queue, "one", 1);
        var runs = 0;
        await using var worker = RunningWorker.Start(LedgerDatabase.ContextsOn(database.Source, retrying: true), queue, handler: async (db, job, ct) =>
        {
            runs++;
            await RunningWorker.WriteAsync(db, job, ct);
            if (job.Attempt == 1)
            {
                // 53300, too many connections: transient to the strategy.
                await db.Database.ExecuteSqlRawAsync("SELECT raise_error('53300')", ct);
            }
        });
        await database.UntilDoneAsync(queue, 1);

        Assert.Equal(2, runs);
        Assert.Single(await database.EffectsAsync(queue));
    }
}
