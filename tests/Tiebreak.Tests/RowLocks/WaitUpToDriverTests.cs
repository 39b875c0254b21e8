using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>A bounded wait beside what else reads commands and results: prepared statements, buffers, interceptors, raw SQL.</summary>
public sealed class WaitUpToDriverTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    private static readonly RowLockWait Short = RowLockWait.UpTo(TimeSpan.FromMilliseconds(20));
    private static readonly RowLockWait Long = RowLockWait.UpTo(TimeSpan.FromSeconds(77));

    [Fact]
    public async Task It_works_with_automatic_prepare()
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Max Auto Prepare=20;Auto Prepare Min Usages=2");
        await using var holder = await HoldAsync(1);
        await using var context = new ConcertContext(new DbContextOptionsBuilder<ConcertContext>().UseNpgsql(source).UseTiebreak().Options);
        await using var transaction = await context.Database.BeginTransactionAsync();
        for (var round = 0; round < 6; round++)
        {
            await context.Concerts.ForUpdate(RowLockWait.UpTo(TimeSpan.FromSeconds(10 + round))).SingleAsync(c => c.Id == 2);
            Assert.Equal("0", await SettingAsync(context));
        }

        Assert.True(await context.Database.SqlQueryRaw<int>(
            "SELECT count(*)::int AS \"Value\" FROM pg_prepared_statements WHERE statement LIKE 'DECLARE tiebreak_wait%'").SingleAsync() == 1);
        Assert.Equal("55P03", await WaitTests.SqlStateOfAsync(context.Concerts.ForUpdate(Short).SingleAsync(c => c.Id == 1)));
    }

    [Fact]
    public async Task It_works_with_a_retrying_strategy_that_buffers_its_rows()
    {
        await using var context = new ConcertContext(new DbContextOptionsBuilder<ConcertContext>()
            .UseNpgsql(database.Source, npgsql => npgsql.EnableRetryOnFailure()).UseTiebreak().Options);
        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync();
            var concert = await context.Concerts.Include(c => c.Bookings).AsSplitQuery().ForUpdate(Long).SingleAsync(c => c.Id == 2);
            Assert.Equal(2, concert.Bookings.Count);
            Assert.Equal("0", await SettingAsync(context));
        });
    }

    [Fact]
    public async Task An_interceptor_meets_one_result_and_may_read_it_itself()
    {
        var rows = new CountedRows();
        await using var context = database.Open(configure: options => options.AddInterceptors(rows));
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal(6, (await context.Bookings.AsNoTracking().ForUpdate(Long).ToListAsync()).Count);
        Assert.Equal(6, rows.Count);
    }

    [Fact]
    public async Task Raw_sql_waits_up_to_a_time_as_well()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal(10, (await context.Bookings.FromSql($"SELECT * FROM bookings WHERE \"Id\" = {10}").ForUpdate(Long).SingleAsync()).Id);
        Assert.Equal(4, (await context.Bookings.FromSqlRaw("SELECT * FROM bookings WHERE \"Id\" > {0}", 11).ForUpdate(Long).ToListAsync()).Count);
        Assert.Equal("0", await SettingAsync(context));
    }

    private async Task<ConcertContext> HoldAsync(int id)
    {
        var holder = database.Open();
        await holder.Database.BeginTransactionAsync();
        await holder.Concerts.ForUpdate().SingleAsync(c => c.Id == id);
        return holder;
    }

    private static Task<string> SettingAsync(ConcertContext context) =>
        context.Database.SqlQueryRaw<string>("SELECT current_setting('lock_timeout') AS \"Value\"").SingleAsync();

    /// <summary>Reads the rows before EF Core does, as a cache would.</summary>
    private sealed class CountedRows : DbCommandInterceptor
    {
        public int Count { get; private set; }

        public override async ValueTask<DbDataReader> ReaderExecutedAsync(
            DbCommand command, CommandExecutedEventData eventData, DbDataReader result, CancellationToken cancellationToken = default)
        {
            var rows = new System.Data.DataTable();
            rows.Load(result);
            await result.DisposeAsync();
            Count += rows.Rows.Count;
            return rows.CreateDataReader();
        }
    }
}
