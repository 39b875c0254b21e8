using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Transactions;

/// <summary>A COMMIT whose answer is lost, and the question that settles it.</summary>
public sealed class CommitQuestionTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Fact]
    public async Task A_lost_COMMIT_that_took_effect_is_answered_with_the_blocks_answer_and_the_work_after_it_runs()
    {
        var id = await database.NewStockAsync(10);
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        var (attempts, after) = (0, 0);

        var answer = await CutOnce(source, database.Source).AtomicAsync(
            async (db, token) =>
            {
                attempts++;
                (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 0;
                await db.SaveChangesAsync(token);
                db.AfterCommit(_ => Task.FromResult(after++));
                wire.CutAtAnswerTo("COMMIT");
                return "done";
            },
            isCommitted: (db, token) => db.Stocks.AnyAsync(s => s.Id == id && s.Quantity == 0, token));

        Assert.Equal(("done", 1, 1), (answer, attempts, after));
        Assert.Equal(0, await database.QuantityAsync(id));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(1)]
    public async Task A_COMMIT_that_was_ended_is_run_again_as_long_as_attempts_are_left(int maxAttempts)
    {
        var id = await database.NewStockAsync(10);
        var attempts = 0;
        var gate = await CommitGate.CloseAsync(database, id);

        var block = database.Contexts.AtomicAsync(
            async (db, token) =>
            {
                attempts++;
                var stock = await db.Stocks.SingleAsync(s => s.Id == id, token);
                stock.Quantity -= 1;
                await db.SaveChangesAsync(token);
                return stock.Quantity;
            },
            isCommitted: (db, token) => db.Stocks.AnyAsync(s => s.Id == id && s.Quantity == 9, token),
            AtomicOptions.Default with { MaxAttempts = maxAttempts });
        await database.UntilWaitingBehindAsync(gate.Pid);
        await database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {gate.Pid} = ANY (pg_blocking_pids(pid))"));
        await gate.DisposeAsync();

        if (maxAttempts == 1)
        {
            Assert.IsAssignableFrom<NpgsqlException>((await Assert.ThrowsAsync<ConnectionLostException>(() => block)).InnerException);
            Assert.Equal(10, await database.QuantityAsync(id));
            return;
        }

        Assert.Equal(9, await block);
        Assert.Equal(2, attempts);
        Assert.Equal(9, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task While_the_server_is_still_at_the_COMMIT_the_question_is_not_asked()
    {
        var id = await database.NewStockAsync(10);
        var gate = await CommitGate.CloseAsync(database, id);
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        var (attempts, questions) = (0, 0);

        var block = CutOnce(source, database.Source).AtomicAsync(
            async (db, token) =>
            {
                attempts++;
                (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity -= 1;
                await db.SaveChangesAsync(token);
                return true;
            },
            isCommitted: (db, token) =>
            {
                questions++;
                return db.Stocks.AnyAsync(s => s.Id == id && s.Quantity == 9, token);
            });
        await database.UntilWaitingBehindAsync(gate.Pid);
        wire.CutNow();
        await database.UntilAsync("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%pg_xact_status(CAST%' AND pid <> pg_backend_pid())");
        Assert.Equal(0, questions);
        await gate.DisposeAsync();

        Assert.True(await block);
        Assert.Equal((1, 1), (attempts, questions));
        Assert.Equal(9, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task A_question_that_gets_no_answer_leaves_the_outcome_unknown()
    {
        var id = await database.NewStockAsync(10);
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);

        await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => CutOnce(source, database.Source).AtomicAsync(
            async (db, token) =>
            {
                (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 0;
                await db.SaveChangesAsync(token);
                wire.CutAtAnswerTo("COMMIT");
                return true;
            },
            isCommitted: (_, _) => throw new ArithmeticException()));
    }

    /// <summary>The first context on the wire that is cut, the later ones beside it.</summary>
    private static InTurn CutOnce(NpgsqlDataSource first, NpgsqlDataSource later) =>
        new InTurn(StockDatabase.ContextsOn(first), StockDatabase.ContextsOn(later));

    private sealed class InTurn(IDbContextFactory<StockContext> first, IDbContextFactory<StockContext> later) : IDbContextFactory<StockContext>
    {
        private int _made;

        public StockContext CreateDbContext() => (Interlocked.Increment(ref _made) == 1 ? first : later).CreateDbContext();
    }
}
