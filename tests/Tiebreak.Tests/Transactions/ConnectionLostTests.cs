using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Tiebreak.AdvisoryLocks;
using Tiebreak.Operations;
using Tiebreak.RowLocks;
using Tiebreak.Tests.Operations;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.Transactions;

/// <summary>A connection that goes before COMMIT is told in one way, whatever the block was at.</summary>
public sealed class ConnectionLostTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private static readonly Dictionary<string, Func<StockContext, int, CancellationToken, Task>> Statements = new(StringComparer.Ordinal)
    {
        ["a query"] = (db, id, token) => db.Stocks.AsNoTracking().SingleAsync(s => s.Id == id, token),
        ["a locked query"] = (db, id, token) => db.Stocks.AsNoTracking().Where(s => s.Id == id).ForUpdate().SingleAsync(token),
        ["a save"] = (db, id, token) =>
        {
            db.Holdings.Add(new Holding { UserId = $"lost-{id}", StockId = id });
            return db.SaveChangesAsync(token);
        },
        ["an update"] = (db, id, token) => db.Stocks.Where(s => s.Id == id).ExecuteUpdateAsync(set => set.SetProperty(s => s.Quantity, 1), token),
        ["SQL"] = (db, _, token) => db.Database.ExecuteSqlRawAsync("SELECT 1", token),
        ["a nested block"] = (db, id, token) => db.AtomicAsync((nested, ct) => nested.Stocks.AsNoTracking().SingleAsync(s => s.Id == id, ct), token),
        ["an advisory lock"] = (db, id, token) => db.AdvisoryLockAsync([AdvisoryKey.From($"lost/{id}")], cancellationToken: token),
        ["the driver's own command"] = async (db, _, token) =>
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.Transaction = db.Database.CurrentTransaction!.GetDbTransaction();
            command.CommandText = "SELECT 1";
            await command.ExecuteNonQueryAsync(token);
        },
    };

    public static TheoryData<string, string> Losses
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var statement in Statements.Keys)
            {
                data.Add("the wire is cut", statement);
                data.Add("the server ends it", statement);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task A_connection_that_is_gone_at_a_statement_is_told_as_lost_with_nothing_committed(string how, string statement)
    {
        var id = await database.NewStockAsync(10);
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        var attempts = 0;

        var lost = await Assert.ThrowsAsync<ConnectionLostException>(() => StockDatabase.ContextsOn(source).AtomicAsync(async (db, token) =>
        {
            attempts++;
            await TakeAllAsync(db, id, token);
            await LoseAsync(how, wire, db);
            await Statements[statement](db, id, token);
        }));

        Assert.NotNull(lost.InnerException);
        Assert.Equal((1, 10), (attempts, await database.QuantityAsync(id)));
    }

    /// <summary>EF Core opens another connection for the next statement, where it would be committed by itself.</summary>
    [Theory]
    [MemberData(nameof(Losses))]
    public async Task A_block_that_swallows_the_loss_commits_nothing_on_another_connection(string how, string statement)
    {
        var id = await database.NewStockAsync(10);
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);

        await Assert.ThrowsAsync<ConnectionLostException>(() => StockDatabase.ContextsOn(source).AtomicAsync(async (db, token) =>
        {
            await TakeAllAsync(db, id, token);
            await LoseAsync(how, wire, db);
            await Assert.ThrowsAnyAsync<Exception>(() => Statements[statement](db, id, token));
            db.Holdings.Add(new Holding { UserId = $"swallowed-{id}", StockId = id });
            await Record.ExceptionAsync(() => db.SaveChangesAsync(token));
            await Record.ExceptionAsync(() => db.Stocks.Where(s => s.Id == id).ExecuteUpdateAsync(set => set.SetProperty(s => s.Quantity, 3), token));
        }));

        Assert.Equal(10, await database.QuantityAsync(id));
        Assert.Equal(0L, await database.ScalarAsync($"SELECT count(*) FROM holdings WHERE stock_id = {id}"));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_as_lost()
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Host = "127.0.0.1", Port = 1 }.ConnectionString);

        await Assert.ThrowsAsync<ConnectionLostException>(() => StockDatabase.ContextsOn(source).AtomicAsync((db, token) => db.Stocks.CountAsync(token)));
    }

    [Fact]
    public async Task A_role_that_the_server_refuses_is_the_servers_own_error()
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = "no_such_database" }.ConnectionString);

        await Assert.ThrowsAsync<PostgresException>(() => StockDatabase.ContextsOn(source).AtomicAsync((db, token) => db.Stocks.CountAsync(token)));
    }

    [Fact]
    public async Task A_retrying_strategy_that_gives_up_is_told_as_lost()
    {
        var retrying = StockDatabase.ContextsOn(database.Source, postgres => postgres.EnableRetryOnFailure(1, TimeSpan.FromMilliseconds(10), null));

        var lost = await Assert.ThrowsAsync<ConnectionLostException>(() => retrying.AtomicAsync(
            (db, token) => db.Database.ExecuteSqlRawAsync("SELECT pg_terminate_backend(pg_backend_pid())", token)));

        Assert.IsType<RetryLimitExceededException>(lost.InnerException);
    }

    [Fact]
    public async Task What_the_block_itself_throws_stays_what_it_is()
    {
        var id = await database.NewStockAsync(10);

        await Assert.ThrowsAsync<TimeoutException>(() => database.Contexts.AtomicAsync(async (db, token) =>
        {
            await TakeAllAsync(db, id, token);
            await Record.ExceptionAsync(() => db.Database.ExecuteSqlRawAsync("SELECT pg_terminate_backend(pg_backend_pid())", token));
            throw new TimeoutException();
        }));
    }

    [Fact]
    public async Task A_guard_tells_its_caller_the_same()
    {
        var id = await database.NewStockAsync(10);
        await using var wire = new Wire(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(wire.ConnectionString);
        using var guard = new RowLockGuard<StockContext>(StockDatabase.ContextsOn(source));
        var operation = new TakeOne
        {
            BeforeDecision = _ =>
            {
                wire.CutNow();
                return Task.CompletedTask;
            },
        };

        await Assert.ThrowsAsync<ConnectionLostException>(() => guard.RunAsync(operation, new TakeOne.Request(id, $"cut-{id}")));

        Assert.Equal(10, await database.QuantityAsync(id));
    }

    private static async Task TakeAllAsync(StockContext db, int id, CancellationToken token)
    {
        (await db.Stocks.SingleAsync(s => s.Id == id, token)).Quantity = 0;
        await db.SaveChangesAsync(token);
    }

    private async Task LoseAsync(string how, Wire wire, StockContext db)
    {
        var pid = ((NpgsqlConnection)db.Database.GetDbConnection()).ProcessID;
        if (how == "the wire is cut")
        {
            wire.CutNow();
        }
        else
        {
            Assert.Equal(true, await database.ScalarAsync($"SELECT pg_terminate_backend({pid}, 10000)"));
        }
    }
}
