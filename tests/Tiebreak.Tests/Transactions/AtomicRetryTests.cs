using System.Data;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.RowLocks;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Transactions;

public sealed class AtomicRetryTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private static readonly AtomicOptions RepeatableRead = AtomicOptions.Default with { IsolationLevel = IsolationLevel.RepeatableRead };

    [Fact]
    public async Task The_victim_of_a_deadlock_is_tried_again_and_both_changes_take_effect()
    {
        var first = await database.NewStockAsync(10);
        var second = await database.NewStockAsync(10);
        using var bothHoldOne = new Barrier(2);
        var attempts = 0;

        await Task.WhenAll(CrossAsync(first, second), CrossAsync(second, first));

        // Three, or more: a victim that is back at once may be first at the row that the other was just woken for.
        Assert.InRange(attempts, 3, 10);
        Assert.Equal(8, await database.QuantityAsync(first));
        Assert.Equal(8, await database.QuantityAsync(second));

        Task CrossAsync(int one, int other)
        {
            var mine = 0;
            return Task.Run(() => database.Contexts.AtomicAsync(async (db, token) =>
            {
                Interlocked.Increment(ref attempts);
                await TakeOneAsync(db, one, token);
                if (mine++ == 0)
                {
                    Assert.True(bothHoldOne.SignalAndWait(TimeSpan.FromSeconds(30), token));
                }

                await TakeOneAsync(db, other, token);
            }));
        }
    }

    [Fact]
    public async Task A_change_under_a_snapshot_is_tried_again_on_a_new_snapshot()
    {
        var id = await database.NewStockAsync(10);
        var attempts = 0;

        await database.Contexts.AtomicAsync(
            async (db, token) =>
            {
                var stock = await db.Stocks.SingleAsync(s => s.Id == id, token);
                if (attempts++ == 0)
                {
                    await ChangeFromOutsideAsync(id);
                }

                stock.Quantity -= 1;
                await db.SaveChangesAsync(token);
            },
            RepeatableRead);

        Assert.Equal(2, attempts);
        Assert.Equal(4, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task A_serialization_failure_that_comes_with_the_commit_is_tried_again()
    {
        var one = await database.NewStockAsync(1);
        var other = await database.NewStockAsync(1);
        var serializable = AtomicOptions.Default with { IsolationLevel = IsolationLevel.Serializable };
        var attempts = 0;

        // Each may take one as long as both are there. One after the other, the second must find too few.
        await database.Contexts.AtomicAsync(
            async (db, token) =>
            {
                await TakeIfBothAreThereAsync(db, one, token);
                if (attempts++ == 0)
                {
                    await database.Contexts.AtomicAsync((inner, innerToken) => TakeIfBothAreThereAsync(inner, other, innerToken), serializable, token);
                }
            },
            serializable);

        Assert.Equal(2, attempts);
        Assert.Equal(1, await database.QuantityAsync(one) + await database.QuantityAsync(other));

        async Task TakeIfBothAreThereAsync(StockContext db, int take, CancellationToken token)
        {
            if (await db.Stocks.Where(s => s.Id == one || s.Id == other).SumAsync(s => s.Quantity, token) == 2)
            {
                (await db.Stocks.SingleAsync(s => s.Id == take, token)).Quantity = 0;
                await db.SaveChangesAsync(token);
            }
        }
    }

    /// <summary>What EF Core's own retry does on one context: the failed attempt's decrement is tracked, and goes out with the second (npgsql/efcore.pg#1734).</summary>
    [Fact]
    public async Task A_decrement_in_an_attempt_that_failed_is_not_applied_again()
    {
        var id = await database.NewStockAsync(10);
        var contexts = new List<StockContext>();

        await database.Contexts.AtomicAsync(async (db, token) =>
        {
            contexts.Add(db);
            Assert.Empty(db.ChangeTracker.Entries());
            var stock = await db.Stocks.SingleAsync(s => s.Id == id, token);
            stock.Quantity -= 1;
            await db.SaveChangesAsync(token);
            if (contexts.Count == 1)
            {
                await RaiseAsync(db, PostgresErrorCodes.DeadlockDetected, token);
            }
        });

        Assert.Equal(2, contexts.Distinct().Count());
        Assert.Equal(9, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task Attempts_that_all_collide_end_in_a_serialization_failure_with_its_facts()
    {
        var id = await database.NewStockAsync(10);
        var attempts = 0;

        var failure = await Assert.ThrowsAsync<SerializationFailureException>(() => database.Contexts.AtomicAsync(
            async (db, token) =>
            {
                attempts++;
                var stock = await db.Stocks.SingleAsync(s => s.Id == id, token);
                await ChangeFromOutsideAsync(id);
                stock.Quantity = 99;
                await db.SaveChangesAsync(token);
            },
            RepeatableRead with { MaxAttempts = 3 }));

        Assert.Equal(3, attempts);
        Assert.Equal(3, failure.Attempts);
        Assert.True(failure.Waited > TimeSpan.Zero);
        Assert.Equal(PostgresErrorCodes.SerializationFailure, SqlStates.Find(failure)?.SqlState);
        Assert.Equal(5, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task A_deadlock_with_one_attempt_ends_in_a_deadlock_error_for_one_of_the_two()
    {
        var first = await database.NewStockAsync(10);
        var second = await database.NewStockAsync(10);
        using var bothHoldOne = new Barrier(2);

        var outcomes = await Task.WhenAll(CrossAsync(first, second), CrossAsync(second, first));

        var failure = Assert.Single(outcomes.OfType<DeadlockException>());
        Assert.Single(outcomes, outcome => outcome is null);
        Assert.Equal(1, failure.Attempts);
        Assert.True(failure.Waited > TimeSpan.Zero);
        Assert.Equal((9, 9), (await database.QuantityAsync(first), await database.QuantityAsync(second)));

        Task<Exception?> CrossAsync(int one, int other) => Task.Run(async () => await Record.ExceptionAsync(() => database.Contexts.AtomicAsync(
            async (db, token) =>
            {
                await TakeOneAsync(db, one, token);
                Assert.True(bothHoldOne.SignalAndWait(TimeSpan.FromSeconds(30), token));
                await TakeOneAsync(db, other, token);
            },
            AtomicOptions.Default with { MaxAttempts = 1 })));
    }

    [Fact]
    public async Task An_error_that_a_new_attempt_would_not_heal_is_passed_on_at_once()
    {
        var attempts = 0;

        var error = await Assert.ThrowsAsync<PostgresException>(() => database.Contexts.AtomicAsync(async (db, token) =>
        {
            attempts++;
            await RaiseAsync(db, PostgresErrorCodes.DivisionByZero, token);
        }));

        Assert.Equal(PostgresErrorCodes.DivisionByZero, error.SqlState);
        Assert.Equal(1, attempts);
    }

    private static async Task TakeOneAsync(StockContext db, int id, CancellationToken token)
    {
        var stock = await db.Stocks.Where(s => s.Id == id).ForNoKeyUpdate().SingleAsync(token);
        stock.Quantity -= 1;
        await db.SaveChangesAsync(token);
    }

    private static Task<int> RaiseAsync(StockContext db, string sqlState, CancellationToken token) =>
        db.Database.ExecuteSqlAsync($"SELECT raise_error({sqlState})", token);

    /// <summary>Sets the stock to 5, on a connection of its own.</summary>
    private Task ChangeFromOutsideAsync(int id) =>
        database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"UPDATE stocks SET quantity = 5 WHERE id = {id}"));
}
