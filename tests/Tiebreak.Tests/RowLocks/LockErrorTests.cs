using System.Data;
using System.Data.Common;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using Tiebreak.RowLocks;
using Tiebreak.Tests.Transactions;
using Tiebreak.Transactions;

namespace Tiebreak.Tests.RowLocks;

/// <summary>What a locked query in the caller's own transaction says when PostgreSQL refuses it.</summary>
public sealed class LockErrorTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_row_that_is_not_to_be_had_in_time_is_a_lock_timeout_with_key_and_wait(bool isAsync)
    {
        var held = await database.NewStockAsync(10);
        await using var holder = await database.HoldAsync(held);
        await using var db = await database.Contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.Database.ExecuteSqlRawAsync("SET LOCAL lock_timeout = 100");

        var query = db.Stocks.Where(s => s.Id == held).ForUpdate();
        var timeout = await Assert.ThrowsAsync<LockTimeoutException>(async () => _ = isAsync ? await query.SingleAsync() : query.Single());

        Assert.Equal(["Stock"], timeout.Keys);
        Assert.Equal(1, timeout.Attempts);
        Assert.InRange(timeout.Waited, TimeSpan.FromMilliseconds(90), TimeSpan.FromSeconds(30));
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, Assert.IsType<PostgresException>(timeout.InnerException).SqlState);
    }

    [Fact]
    public async Task The_keys_values_are_told_where_sensitive_data_may_be_logged_and_the_query_names_the_whole_key()
    {
        var held = await database.NewStockAsync(10);
        await using var holder = await database.HoldAsync(held);
        await using var db = new StockContext(new DbContextOptionsBuilder<StockContext>()
            .UseNpgsql(database.Source).UseTiebreak().EnableSensitiveDataLogging().Options);

        Assert.Equal([string.Create(CultureInfo.InvariantCulture, $"Stock Id={held}")], await KeysAsync(db.Stocks.Where(s => s.Quantity == 10 && s.Id == held)));
        Assert.Equal(["Stock"], await KeysAsync(db.Stocks.Where(s => s.Id >= held && s.Id <= held)));

        async Task<IReadOnlyList<string>> KeysAsync(IQueryable<Stock> query)
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await db.Database.ExecuteSqlRawAsync("SET LOCAL lock_timeout = 10");
            return (await Assert.ThrowsAsync<LockTimeoutException>(() => query.ForUpdate().ToListAsync())).Keys;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_later_row_of_many_that_is_held_is_a_lock_timeout_too(bool isAsync)
    {
        // More rows than the driver reads at once: the error comes while the caller already has the first ones.
        await database.ExecuteAsync($"INSERT INTO stocks SELECT {(isAsync ? 1000000 : 2000000)} + i, 1 FROM generate_series(1, 5000) i");
        var from = isAsync ? 1000000 : 2000000;
        await using var holder = await database.HoldAsync(from + 5000);
        await using var db = await database.Contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.Database.ExecuteSqlRawAsync("SET LOCAL lock_timeout = 50");
        var read = 0;

        await Assert.ThrowsAsync<LockTimeoutException>(async () =>
        {
            var query = db.Stocks.Where(s => s.Id > from && s.Id <= from + 5000).OrderBy(s => s.Id).ForUpdate();
            if (isAsync)
            {
                await foreach (var _ in query.AsAsyncEnumerable())
                {
                    read++;
                }
            }
            else
            {
                foreach (var _ in query)
                {
                    read++;
                }
            }
        });

        Assert.InRange(read, 1, 4999);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_deadlock_names_the_process_that_was_in_the_way_where_the_detail_is_shown(bool isDetailShown)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { IncludeErrorDetail = isDetailShown }.ConnectionString);
        var first = await database.NewStockAsync(10);
        var second = await database.NewStockAsync(10);
        using var bothHoldOne = new Barrier(2);

        var outcomes = await Task.WhenAll(CrossAsync(first, second), CrossAsync(second, first));

        var (_, failure) = Assert.Single(outcomes, outcome => outcome.Failure is not null);
        var deadlock = Assert.IsType<DeadlockException>(failure);
        Assert.Equal(["Stock"], deadlock.Keys);
        Assert.Equal(isDetailShown ? [outcomes.Single(outcome => outcome.Failure is null).Pid] : [], deadlock.Blockers);

        Task<(int Pid, Exception? Failure)> CrossAsync(int one, int other) => Task.Run(async () =>
        {
            await using var db = await StockDatabase.ContextsOn(source).CreateDbContextAsync();
            await using var transaction = await db.Database.BeginTransactionAsync();
            var pid = ((NpgsqlConnection)db.Database.GetDbConnection()).ProcessID;
            await db.Stocks.Where(s => s.Id == one).ForUpdate().SingleAsync();
            Assert.True(bothHoldOne.SignalAndWait(TimeSpan.FromSeconds(30)));
            var refusal = await Record.ExceptionAsync(() => db.Stocks.Where(s => s.Id == other).ForUpdate().SingleAsync());
            await transaction.RollbackAsync();
            return (pid, refusal);
        });
    }

    [Fact]
    public async Task A_row_that_changed_since_the_snapshot_is_a_serialization_failure()
    {
        var id = await database.NewStockAsync(10);
        await using var db = await database.Contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        await db.Stocks.AsNoTracking().CountAsync();
        await database.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"UPDATE stocks SET quantity = 1 WHERE id = {id}"));

        var failure = await Assert.ThrowsAsync<SerializationFailureException>(() => db.Stocks.Where(s => s.Id == id).ForUpdate().SingleAsync());

        Assert.Equal(["Stock"], failure.Keys);
    }

    [Fact]
    public async Task Other_errors_pass_as_they_are_and_the_applications_interceptors_hear_of_each()
    {
        var held = await database.NewStockAsync(10);
        await using var holder = await database.HoldAsync(held);
        var heard = new Failures();
        await using var db = new StockContext(new DbContextOptionsBuilder<StockContext>()
            .UseNpgsql(database.Source).UseTiebreak().AddInterceptors(heard).Options);
        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            await db.Database.ExecuteSqlRawAsync("SET LOCAL lock_timeout = 10");
            await Assert.ThrowsAsync<LockTimeoutException>(() => db.Stocks.Where(s => s.Id == held).ForUpdate().SingleAsync());
        }

        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            var error = await Record.ExceptionAsync(() => db.Stocks.Where(s => 10 / (s.Quantity - 10) == 1 && s.Id == held).ForUpdate().SingleAsync());
            Assert.Equal(PostgresErrorCodes.DivisionByZero, SqlStates.Find(error)?.SqlState);
        }

        Assert.Collection(heard.Seen, one => Assert.IsType<LockTimeoutException>(one), two => Assert.IsType<PostgresException>(two));
        Assert.Equal(ConnectionState.Closed, db.Database.GetDbConnection().State);
    }

    private sealed class Failures : DbCommandInterceptor
    {
        public List<Exception> Seen { get; } = [];

        public override Task CommandFailedAsync(DbCommand command, CommandErrorEventData eventData, CancellationToken cancellationToken = default)
        {
            Seen.Add(eventData.Exception);
            return Task.CompletedTask;
        }
    }
}
