using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Transactions;

public sealed class NestedAtomicTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Fact]
    public async Task A_nested_block_that_succeeds_is_committed_with_the_outer_one()
    {
        var id = await database.NewStockAsync(10);

        var left = await database.Contexts.AtomicAsync(async (db, token) =>
        {
            var answer = await db.AtomicAsync(async (nested, ct) =>
            {
                Assert.Same(db, nested);
                var stock = await nested.Stocks.SingleAsync(s => s.Id == id, ct);
                stock.Quantity = 4;
                return stock.Quantity;
            }, token);
            Assert.Equal(10, await database.QuantityAsync(id));
            return answer;
        });

        Assert.Equal(4, left);
        Assert.Equal(4, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task What_a_failed_nested_block_changed_and_added_is_not_saved_by_the_outer_one()
    {
        var changed = await database.NewStockAsync(10);
        var unsaved = await database.NewStockAsync(20);
        var loaded = await database.NewStockAsync(30);
        var outer = await database.NewStockAsync(40);

        await database.Contexts.AtomicAsync(async (db, token) =>
        {
            var one = await db.Stocks.SingleAsync(s => s.Id == changed, token);
            var two = await db.Stocks.SingleAsync(s => s.Id == unsaved, token);
            await Assert.ThrowsAsync<NotNowException>(() => db.AtomicAsync(async (nested, ct) =>
            {
                one.Quantity = 1;
                nested.Add(new Holding { UserId = "added and saved", StockId = changed });
                await nested.SaveChangesAsync(ct);
                two.Quantity = 2;
                (await nested.Stocks.SingleAsync(s => s.Id == loaded, ct)).Quantity = 3;
                nested.Add(new Holding { UserId = "added only", StockId = changed });
                throw new NotNowException();
            }, token));

            Assert.Equal((10, 20), (one.Quantity, two.Quantity));
            Assert.Equal([one, two], db.ChangeTracker.Entries().Select(entry => entry.Entity).OrderBy(entity => ((Stock)entity).Id));
            Assert.False(db.ChangeTracker.HasChanges());
            (await db.Stocks.SingleAsync(s => s.Id == outer, token)).Quantity = 41;
            one.Quantity += 1;
            await db.SaveChangesAsync(token);
        });

        Assert.Equal((11, 20, 30, 41), (await database.QuantityAsync(changed), await database.QuantityAsync(unsaved), await database.QuantityAsync(loaded), await database.QuantityAsync(outer)));
        Assert.Equal(0L, await database.ScalarAsync("SELECT count(*) FROM holdings WHERE user_id LIKE 'added%'"));
    }

    [Fact]
    public async Task A_change_that_the_failed_nested_block_made_can_be_made_again()
    {
        var id = await database.NewStockAsync(10);

        await database.Contexts.AtomicAsync(async (db, token) =>
        {
            var stock = await db.Stocks.SingleAsync(s => s.Id == id, token);
            for (var round = 0; round < 2; round++)
            {
                try
                {
                    await db.AtomicAsync(async (nested, ct) =>
                    {
                        stock.Quantity = 5;
                        await nested.SaveChangesAsync(ct);
                        if (round == 0)
                        {
                            throw new NotNowException();
                        }
                    }, token);
                }
                catch (NotNowException)
                {
                    Assert.Equal(10, stock.Quantity);
                }
            }
        });

        Assert.Equal(5, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task Unsaved_changes_of_the_outer_block_survive_the_failure_of_a_nested_one()
    {
        var id = await database.NewStockAsync(10);

        await database.Contexts.AtomicAsync(async (db, token) =>
        {
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 7;
            db.Add(new Holding { UserId = "outer", StockId = id });
            await Assert.ThrowsAsync<NotNowException>(() => db.AtomicAsync(async (nested, ct) =>
            {
                await nested.Stocks.Where(s => s.Id == id).ExecuteUpdateAsync(set => set.SetProperty(s => s.Quantity, 0), ct);
                throw new NotNowException();
            }, token));
        });

        Assert.Equal(7, await database.QuantityAsync(id));
        Assert.Equal(id, await database.ScalarAsync("SELECT stock_id FROM holdings WHERE user_id = 'outer'"));
    }

    [Fact]
    public async Task A_row_that_the_failed_nested_block_deleted_is_tracked_again()
    {
        var id = await database.NewStockAsync(10);
        var cleared = await database.NewStockAsync(10);

        await database.Contexts.AtomicAsync(async (db, token) =>
        {
            var stock = await db.Stocks.SingleAsync(s => s.Id == id, token);
            var other = await db.Stocks.SingleAsync(s => s.Id == cleared, token);
            await Assert.ThrowsAsync<NotNowException>(() => db.AtomicAsync(async (nested, ct) =>
            {
                nested.Remove(stock);
                await nested.SaveChangesAsync(ct);
                nested.ChangeTracker.Clear();
                throw new NotNowException();
            }, token));
            stock.Quantity -= 1;
            other.Quantity -= 2;
            await db.SaveChangesAsync(token);
        });

        Assert.Equal((9, 8), (await database.QuantityAsync(id), await database.QuantityAsync(cleared)));
    }

    [Fact]
    public async Task Blocks_within_blocks_go_back_one_step_each()
    {
        var id = await database.NewStockAsync(10);

        await database.Contexts.AtomicAsync(async (db, token) =>
        {
            var stock = await db.Stocks.SingleAsync(s => s.Id == id, token);
            await db.AtomicAsync(async (first, ct) =>
            {
                stock.Quantity = 9;
                await Assert.ThrowsAsync<NotNowException>(() => first.AtomicAsync(async (second, inner) =>
                {
                    Assert.Equal(9, await second.Stocks.AsNoTracking().Where(s => s.Id == id).Select(s => s.Quantity).SingleAsync(inner));
                    stock.Quantity = 0;
                    throw new NotNowException();
                }, ct));
                Assert.Equal(9, stock.Quantity);
            }, token);
        });

        Assert.Equal(9, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task In_a_transaction_begun_by_hand_a_nested_block_is_a_savepoint_too()
    {
        var id = await database.NewStockAsync(10);
        await using var db = await database.Contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var stock = await db.Stocks.SingleAsync(s => s.Id == id);

        await Assert.ThrowsAsync<NotNowException>(() => db.AtomicAsync((nested, _) =>
        {
            stock.Quantity = 0;
            throw new NotNowException();
        }));
        stock.Quantity -= 1;
        await db.SaveChangesAsync();
        await transaction.CommitAsync();

        Assert.Equal(9, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task Without_a_transaction_a_nested_block_is_refused_and_told_what_to_write()
    {
        await using var db = await database.Contexts.CreateDbContextAsync();

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => db.AtomicAsync((_, _) => Task.CompletedTask));

        Assert.Contains("contexts.AtomicAsync", refusal.Message, StringComparison.Ordinal);
    }

    private sealed class NotNowException : Exception;
}
