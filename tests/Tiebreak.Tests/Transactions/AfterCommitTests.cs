using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Transactions;

public sealed class AfterCommitTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Fact]
    public async Task Work_runs_in_order_after_the_commit()
    {
        var id = await database.NewStockAsync(10);
        var seen = new List<string>();

        await database.Contexts.AtomicAsync(async (db, token) =>
        {
            db.AfterCommit(async _ => seen.Add("first " + await database.QuantityAsync(id)));
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 3;
            await db.SaveChangesAsync(token);
            await db.AtomicAsync((nested, _) =>
            {
                nested.AfterCommit(_ => Note("nested"));
                return Task.CompletedTask;
            }, token);
            db.AfterCommit(_ => Note("last"));
            seen.Add("block " + await database.QuantityAsync(id));
        });

        Assert.Equal(["block 10", "first 3", "nested", "last"], seen);

        Task Note(string text)
        {
            seen.Add(text);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Nothing_runs_after_a_rollback_a_dropped_nested_block_or_an_attempt_that_was_tried_again()
    {
        var seen = new List<string>();
        var attempts = 0;

        await Assert.ThrowsAsync<ArithmeticException>(() => database.Contexts.AtomicAsync((db, _) =>
        {
            db.AfterCommit(Note("rolled back"));
            throw new ArithmeticException();
        }));
        await database.Contexts.AtomicAsync(async (db, token) =>
        {
            db.AfterCommit(Note("attempt " + ++attempts));
            await Assert.ThrowsAsync<ArithmeticException>(() => db.AtomicAsync((nested, _) =>
            {
                nested.AfterCommit(Note("nested"));
                throw new ArithmeticException();
            }, token));
            if (attempts == 1)
            {
                await db.Database.ExecuteSqlRawAsync("SELECT raise_error('40001')", token);
            }
        });

        Assert.Equal(["attempt 2"], seen);

        Func<CancellationToken, Task> Note(string text) => _ =>
        {
            seen.Add(text);
            return Task.CompletedTask;
        };
    }

    [Fact]
    public async Task Failed_work_is_told_as_such_with_the_committed_answer_and_the_rest_still_runs()
    {
        var id = await database.NewStockAsync(10);
        var ranLast = false;

        var failure = await Assert.ThrowsAsync<AfterCommitException>(() => database.Contexts.AtomicAsync(async (db, token) =>
        {
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 3;
            await db.SaveChangesAsync(token);
            db.AfterCommit(_ => throw new ArithmeticException("one"));
            db.AfterCommit(_ => throw new OperationCanceledException());
            db.AfterCommit(_ =>
            {
                ranLast = true;
                return Task.CompletedTask;
            });
            return 42;
        }));

        Assert.Equal(42, failure.Result);
        Assert.Collection(failure.Failures, one => Assert.IsType<ArithmeticException>(one), two => Assert.IsType<OperationCanceledException>(two));
        Assert.True(ranLast);
        Assert.Equal(3, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task Work_outside_of_an_atomic_block_is_refused_also_once_the_block_is_over()
    {
        StockContext? kept = null;
        await database.Contexts.AtomicAsync((db, _) =>
        {
            kept = db;
            return Task.CompletedTask;
        });
        await using var plain = await database.Contexts.CreateDbContextAsync();

        Assert.Throws<InvalidOperationException>(() => kept!.AfterCommit(_ => Task.CompletedTask));
        Assert.Throws<InvalidOperationException>(() => plain.AfterCommit(_ => Task.CompletedTask));
    }
}
