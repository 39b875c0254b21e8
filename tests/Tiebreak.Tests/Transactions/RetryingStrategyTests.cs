using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Tiebreak.RowLocks;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Transactions;

/// <summary>Atomic blocks and locked queries with <c>EnableRetryOnFailure</c>, and inside a strategy that the caller runs.</summary>
public sealed class RetryingStrategyTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private IDbContextFactory<StockContext> Retrying => StockDatabase.ContextsOn(
        database.Source, postgres => postgres.EnableRetryOnFailure(3, TimeSpan.FromMilliseconds(10), null));

    [Theory]
    [InlineData("40001")]
    [InlineData("40P01")]
    public async Task Conflicts_are_tried_again_by_the_block_on_a_fresh_context(string state)
    {
        var id = await database.NewStockAsync(10);
        var contexts = new HashSet<StockContext>();

        var left = await Retrying.AtomicAsync(async (db, token) =>
        {
            Assert.Empty(db.ChangeTracker.Entries());
            var stock = await db.Stocks.Where(s => s.Id == id).ForNoKeyUpdate().SingleAsync(token);
            stock.Quantity -= 1;
            await db.SaveChangesAsync(token);
            if (contexts.Add(db) && contexts.Count == 1)
            {
                await db.Database.ExecuteSqlAsync($"SELECT raise_error({state})", token);
            }

            return stock.Quantity;
        });

        Assert.Equal(2, contexts.Count);
        Assert.Equal((9, 9), (left, await database.QuantityAsync(id)));
    }

    [Fact]
    public async Task A_real_deadlock_is_tried_again_and_both_changes_take_effect()
    {
        var first = await database.NewStockAsync(10);
        var second = await database.NewStockAsync(10);
        using var bothHoldOne = new Barrier(2);

        await Task.WhenAll(CrossAsync(first, second), CrossAsync(second, first));

        Assert.Equal((8, 8), (await database.QuantityAsync(first), await database.QuantityAsync(second)));

        Task CrossAsync(int one, int other)
        {
            var mine = 0;
            return Task.Run(() => Retrying.AtomicAsync(async (db, token) =>
            {
                (await db.Stocks.Where(s => s.Id == one).ForNoKeyUpdate().SingleAsync(token)).Quantity -= 1;
                await db.SaveChangesAsync(token);
                if (mine++ == 0)
                {
                    Assert.True(bothHoldOne.SignalAndWait(TimeSpan.FromSeconds(30), token));
                }

                (await db.Stocks.Where(s => s.Id == other).ForNoKeyUpdate().SingleAsync(token)).Quantity -= 1;
                await db.SaveChangesAsync(token);
            }));
        }
    }

    [Fact]
    public async Task A_connection_lost_before_COMMIT_is_tried_again_by_the_strategy_on_a_fresh_context()
    {
        var id = await database.NewStockAsync(10);
        var contexts = new HashSet<StockContext>();

        await Retrying.AtomicAsync(async (db, token) =>
        {
            Assert.Empty(db.ChangeTracker.Entries());
            contexts.Add(db);
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity -= 1;
            await db.SaveChangesAsync(token);
            if (contexts.Count == 1)
            {
                await db.Database.ExecuteSqlRawAsync("SELECT pg_terminate_backend(pg_backend_pid())", token);
            }
        });

        Assert.Equal(2, contexts.Count);
        Assert.Equal(9, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task A_connection_that_is_lost_each_time_ends_with_the_strategys_own_error_inside()
    {
        var attempts = 0;

        var lost = await Assert.ThrowsAsync<ConnectionLostException>(() => Retrying.AtomicAsync((db, token) =>
        {
            attempts++;
            return db.Database.ExecuteSqlRawAsync("SELECT pg_terminate_backend(pg_backend_pid())", token);
        }));

        Assert.IsType<RetryLimitExceededException>(lost.InnerException);
        Assert.Equal(4, attempts);
    }

    [Fact]
    public async Task A_lock_timeout_in_a_block_is_not_tried_again_by_the_strategy()
    {
        var held = await database.NewStockAsync(10);
        await using var holder = await database.HoldAsync(held);
        var attempts = 0;

        var timeout = await Assert.ThrowsAsync<LockTimeoutException>(() => Retrying.AtomicAsync(
            (db, token) =>
            {
                attempts++;
                return db.Stocks.Where(s => s.Id == held).ForUpdate().SingleAsync(token);
            },
            AtomicOptions.Default with { LockWait = TimeSpan.FromMilliseconds(50) }));

        Assert.Equal(1, attempts);
        Assert.Equal(["Stock"], timeout.Keys);
    }

    [Fact]
    public async Task A_COMMIT_that_is_lost_is_unknown_and_not_tried_again_by_the_strategy()
    {
        var id = await database.NewStockAsync(10);
        await using var gate = await CommitGate.CloseAsync(database, id);
        var attempts = 0;

        var block = Retrying.AtomicAsync(async (db, token) =>
        {
            attempts++;
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 0;
            await db.SaveChangesAsync(token);
        });
        await database.UntilWaitingBehindAsync(gate.Pid);
        await database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {gate.Pid} = ANY (pg_blocking_pids(pid))"));

        await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => block);
        Assert.Equal(1, attempts);
    }

    [Fact]
    public async Task Inside_a_strategy_that_the_caller_runs_a_deadlock_in_a_locked_query_is_still_tried_again_by_it()
    {
        var first = await database.NewStockAsync(10);
        var second = await database.NewStockAsync(10);
        using var bothHoldOne = new Barrier(2);
        var runs = 0;

        await Task.WhenAll(CrossAsync(first, second), CrossAsync(second, first));

        Assert.InRange(runs, 3, 8);
        Assert.Equal((8, 8), (await database.QuantityAsync(first), await database.QuantityAsync(second)));

        Task CrossAsync(int one, int other) => Task.Run(async () =>
        {
            var mine = 0;
            await using var strategist = await Retrying.CreateDbContextAsync();
            await strategist.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
            {
                Interlocked.Increment(ref runs);
                await using var db = await Retrying.CreateDbContextAsync();
                await using var transaction = await db.Database.BeginTransactionAsync();
                (await db.Stocks.Where(s => s.Id == one).ForNoKeyUpdate().SingleAsync()).Quantity -= 1;
                await db.SaveChangesAsync();
                if (mine++ == 0)
                {
                    Assert.True(bothHoldOne.SignalAndWait(TimeSpan.FromSeconds(30)));
                }

                (await db.Stocks.Where(s => s.Id == other).ForNoKeyUpdate().SingleAsync()).Quantity -= 1;
                await db.SaveChangesAsync();
                await transaction.CommitAsync();
            });
        });
    }

    [Fact]
    public async Task A_block_inside_a_strategy_that_the_caller_runs_leaves_lost_connections_to_it()
    {
        var id = await database.NewStockAsync(10);
        var runs = 0;
        await using var strategist = await Retrying.CreateDbContextAsync();

        await strategist.Database.CreateExecutionStrategy().ExecuteAsync(() => Retrying.AtomicAsync(async (db, token) =>
        {
            runs++;
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity -= 1;
            await db.SaveChangesAsync(token);
            if (runs == 1)
            {
                await db.Database.ExecuteSqlRawAsync("SELECT pg_terminate_backend(pg_backend_pid())", token);
            }
        }));

        Assert.Equal(2, runs);
        Assert.Equal(9, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task Cancellation_leaves_nothing_open_and_the_pools_one_connection_is_free_for_the_next()
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxPoolSize = 1, ApplicationName = "cancelled retrying" }.ConnectionString);
        var contexts = StockDatabase.ContextsOn(source, postgres => postgres.EnableRetryOnFailure());
        var id = await database.NewStockAsync(10);
        using var cancel = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => contexts.AtomicAsync(
            async (db, token) =>
            {
                (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 0;
                await db.SaveChangesAsync(token);
                await cancel.CancelAsync();
                await db.AtomicAsync((nested, ct) => nested.Stocks.Where(s => s.Id == id).ForUpdate().SingleAsync(ct), token);
            },
            cancellationToken: cancel.Token));

        Assert.Equal(0L, await database.ScalarAsync("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cancelled retrying' AND xact_start IS NOT NULL"));
        await contexts.AtomicAsync((db, token) => db.Stocks.Where(s => s.Id == id).ExecuteUpdateAsync(set => set.SetProperty(s => s.Quantity, s => s.Quantity + 1), token));
        Assert.Equal(11, await database.QuantityAsync(id));
    }
}
