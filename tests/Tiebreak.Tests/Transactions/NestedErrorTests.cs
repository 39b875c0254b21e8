using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.RowLocks;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Transactions;

/// <summary>What ends a savepoint, and what ends the transaction around it.</summary>
public sealed class NestedErrorTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Fact]
    public async Task An_error_of_the_server_in_a_nested_block_is_undone_with_it_and_the_outer_block_goes_on()
    {
        var id = await database.NewStockAsync(10);

        await database.Contexts.AtomicAsync(async (db, token) =>
        {
            await Assert.ThrowsAsync<PostgresException>(() => db.AtomicAsync(
                (nested, ct) => nested.Database.ExecuteSqlRawAsync("SELECT 1 / 0", ct), token));
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 3;
            await db.SaveChangesAsync(token);
        });

        Assert.Equal(3, await database.QuantityAsync(id));
    }

    [Theory]
    [InlineData("40001", false)]
    [InlineData("40P01", false)]
    [InlineData("40001", true)]
    public async Task A_conflict_in_a_nested_block_starts_the_outermost_anew_even_where_it_is_swallowed(string state, bool isSwallowed)
    {
        var id = await database.NewStockAsync(10);
        var (outer, nestedRuns) = (0, 0);

        await database.Contexts.AtomicAsync(async (db, token) =>
        {
            outer++;
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity -= 1;
            try
            {
                await db.AtomicAsync(async (nested, ct) =>
                {
                    if (nestedRuns++ == 0)
                    {
                        await nested.Database.ExecuteSqlAsync($"SELECT raise_error({state})", ct);
                    }
                }, token);
            }
            catch (Exception) when (isSwallowed)
            {
                // What must not be done.
            }

            await db.SaveChangesAsync(token);
        });

        Assert.Equal((2, 2), (outer, nestedRuns));
        Assert.Equal(9, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task A_lock_that_is_not_to_be_had_in_a_nested_block_lets_the_outer_one_try_another_row()
    {
        var held = await database.NewStockAsync(10);
        var free = await database.NewStockAsync(10);
        await using var holder = await database.HoldAsync(held);

        await database.Contexts.AtomicAsync(
            async (db, token) =>
            {
                var timeout = await Assert.ThrowsAsync<LockTimeoutException>(() => db.AtomicAsync(
                    (nested, ct) => nested.Stocks.Where(s => s.Id == held).ForNoKeyUpdate().SingleAsync(ct), token));
                Assert.Equal(["Stock"], timeout.Keys);
                (await db.Stocks.Where(s => s.Id == free).ForNoKeyUpdate().SingleAsync(token)).Quantity = 1;
                await db.SaveChangesAsync(token);
            },
            AtomicOptions.Default with { LockWait = TimeSpan.FromMilliseconds(100) });

        Assert.Equal(1, await database.QuantityAsync(free));
    }

    [Fact]
    public async Task Cancellation_in_a_nested_block_goes_back_to_the_savepoint_and_comes_out_as_it_is()
    {
        var id = await database.NewStockAsync(10);
        using var cancel = new CancellationTokenSource();

        await database.Contexts.AtomicAsync(async (db, token) =>
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => db.AtomicAsync(async (nested, ct) =>
            {
                (await nested.Stocks.SingleAsync(s => s.Id == id, ct)).Quantity = 0;
                await nested.SaveChangesAsync(ct);
                await cancel.CancelAsync();
                await nested.Database.ExecuteSqlRawAsync("SELECT pg_sleep(60)", ct);
            }, cancel.Token));
            Assert.Empty(db.ChangeTracker.Entries());
        });

        Assert.Equal(10, await database.QuantityAsync(id));
    }
}
