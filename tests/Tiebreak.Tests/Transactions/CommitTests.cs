using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Transactions;

/// <summary>What is acknowledged, and what is not, when COMMIT itself goes wrong.</summary>
public sealed class CommitTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Fact]
    public async Task A_connection_that_is_ended_during_COMMIT_leaves_the_outcome_unknown_and_the_block_is_not_tried_again()
    {
        var id = await database.NewStockAsync(10);
        await using var gate = await CommitGate.CloseAsync(database, id);
        var attempts = 0;

        var block = database.Contexts.AtomicAsync(async (db, token) =>
        {
            attempts++;
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 0;
            await db.SaveChangesAsync(token);
        });
        await database.UntilWaitingBehindAsync(gate.Pid);
        Assert.Equal("COMMIT", await database.ScalarAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT query FROM pg_stat_activity WHERE {gate.Pid} = ANY (pg_blocking_pids(pid))")));
        await database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {gate.Pid} = ANY (pg_blocking_pids(pid))"));

        var unknown = await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => block);
        Assert.NotNull(unknown.InnerException);
        Assert.Equal(1, attempts);
        Assert.Equal(10, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task A_COMMIT_whose_answer_is_lost_on_the_wire_leaves_the_outcome_unknown_though_it_took_effect()
    {
        var id = await database.NewStockAsync(10);
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);

        await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => StockDatabase.ContextsOn(source).AtomicAsync(async (db, token) =>
        {
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 0;
            await db.SaveChangesAsync(token);
            wire.CutAtAnswerTo("COMMIT");
        }));

        Assert.Equal(0, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task A_wait_for_a_lock_within_COMMIT_is_bounded_like_any_other_and_changes_nothing()
    {
        var id = await database.NewStockAsync(10);
        await using var gate = await CommitGate.CloseAsync(database, id);

        await Assert.ThrowsAsync<LockTimeoutException>(() => database.Contexts.AtomicAsync(
            async (db, token) =>
            {
                (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 0;
                await db.SaveChangesAsync(token);
            },
            AtomicOptions.Default with { LockWait = TimeSpan.FromMilliseconds(100) }));

        Assert.Equal(10, await database.QuantityAsync(id));
    }

    /// <summary>PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error.</summary>
    [Fact]
    public async Task A_block_that_swallows_an_error_of_the_server_is_not_acknowledged()
    {
        var id = await database.NewStockAsync(10);

        var error = await Record.ExceptionAsync(() => database.Contexts.AtomicAsync(async (db, token) =>
        {
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 0;
            await db.SaveChangesAsync(token);
            await Assert.ThrowsAsync<PostgresException>(() => db.Database.ExecuteSqlRawAsync("SELECT 1 / 0", token));
        }));

        Assert.Equal(10, await database.QuantityAsync(id));
        Assert.Equal(PostgresErrorCodes.InFailedSqlTransaction, SqlStates.Find(Assert.IsType<InvalidOperationException>(error))?.SqlState);
    }

    [Fact]
    public async Task A_failed_save_that_the_block_handles_is_undone_alone_and_the_rest_is_committed()
    {
        var id = await database.NewStockAsync(10);
        var taken = await database.NewStockAsync(1);

        await database.Contexts.AtomicAsync(async (db, token) =>
        {
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 4;
            await db.SaveChangesAsync(token);
            var twin = db.Add(new Stock { Id = taken });
            await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync(token));
            twin.State = EntityState.Detached;
        });

        Assert.Equal(4, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task A_block_that_commits_by_itself_is_told_so_and_not_that_the_outcome_is_unknown()
    {
        var id = await database.NewStockAsync(10);

        await Assert.ThrowsAsync<InvalidOperationException>(() => database.Contexts.AtomicAsync(async (db, token) =>
        {
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 4;
            await db.SaveChangesAsync(token);
            await db.Database.CommitTransactionAsync(token);
        }));
    }

    [Fact]
    public async Task A_connection_that_is_ended_before_COMMIT_is_lost_with_nothing_committed_and_no_unknown_outcome()
    {
        var id = await database.NewStockAsync(10);

        var error = await Record.ExceptionAsync(() => database.Contexts.AtomicAsync(async (db, token) =>
        {
            (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 0;
            await db.SaveChangesAsync(token);
            await db.Database.ExecuteSqlRawAsync("SELECT pg_terminate_backend(pg_backend_pid())", token);
        }));

        Assert.IsAssignableFrom<NpgsqlException>(Assert.IsType<ConnectionLostException>(error).InnerException);
        Assert.Equal(10, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task A_block_of_one_query_takes_three_round_trips_BEGIN_comes_with_the_bounds()
    {
        var id = await database.NewStockAsync(10);
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        var contexts = StockDatabase.ContextsOn(source);
        await contexts.AtomicAsync(async (db, token) => await db.Stocks.SingleAsync(s => s.Id == id, token));
        var connected = wire.RoundTrips.Count;

        await contexts.AtomicAsync(async (db, token) => await db.Stocks.SingleAsync(s => s.Id == id, token));

        var trips = wire.RoundTrips.Skip(connected).ToList();
        var begin = Assert.Single(trips, sent => sent.Contains("BEGIN", StringComparison.Ordinal));
        Assert.Contains("lock_timeout", begin, StringComparison.Ordinal);
        Assert.Contains("statement_timeout", begin, StringComparison.Ordinal);
        Assert.True(trips.Count == 3, string.Join(Environment.NewLine, trips));
        Assert.Contains("FROM stocks", trips[1], StringComparison.Ordinal);
        Assert.Matches("SAVEPOINT.*COMMIT", trips[2]);
    }
}
