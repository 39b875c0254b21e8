using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>A wait up to a time: it ends, it costs no compiled query a value, and it leaves no setting behind.</summary>
public sealed class WaitUpToTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    private static readonly RowLockWait Short = RowLockWait.UpTo(TimeSpan.FromMilliseconds(20));
    private static readonly RowLockWait Long = RowLockWait.UpTo(TimeSpan.FromSeconds(77));

    [Theory]
    [InlineData(0, "RowLockWait.None")]
    [InlineData(-1, "RowLockWait.Default")]
    [InlineData(-2, "RowLockWait.None")]
    [InlineData(0.5, "TimeSpan.FromMilliseconds(1)")]
    [InlineData(2147483648d, "RowLockWait.Default")]
    [InlineData(922337203685477d, "RowLockWait.Default")]
    public void A_time_that_PostgreSQL_cannot_wait_for_is_refused(double milliseconds, string instead)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => RowLockWait.UpTo(TimeSpan.FromMilliseconds(milliseconds)));

        Assert.Contains(instead, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_longest_time_is_allowed_and_the_longest_TimeSpan_is_not()
    {
        Assert.Equal("UpTo 2147483647 ms", RowLockWait.UpTo(TimeSpan.FromMilliseconds(int.MaxValue)).ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => RowLockWait.UpTo(TimeSpan.MaxValue));
    }

    [Fact]
    public async Task It_ends_the_wait_for_a_held_row()
    {
        await using var holder = await HoldAsync(1);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal("55P03", await WaitTests.SqlStateOfAsync(context.Concerts.ForUpdate(Short).SingleAsync(c => c.Id == 1)));
    }

    [Fact]
    public async Task It_ends_the_wait_for_a_held_table()
    {
        await using var connection = await database.Source.OpenConnectionAsync();
        await using var held = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("LOCK TABLE folders IN ACCESS EXCLUSIVE MODE", connection, held))
        {
            await command.ExecuteNonQueryAsync();
        }

        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal("55P03", await WaitTests.SqlStateOfAsync(context.Folders.ForUpdate(Short).ToListAsync()));
    }

    [Fact]
    public async Task Within_its_time_it_gets_the_row_as_it_is_after_the_wait()
    {
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        (await holder.Folders.ForUpdate().SingleAsync(f => f.Id == 1)).Size = 55;
        await using var context = database.Open();
        Assert.NotEqual(55, (await context.Folders.SingleAsync(f => f.Id == 1)).Size);
        await using var transaction = await context.Database.BeginTransactionAsync();
        var waiting = context.Folders.ForUpdate(Long).SingleAsync(f => f.Id == 1);
        await database.UntilSomebodyWaitsAsync();
        await holder.SaveChangesAsync();
        await held.CommitAsync();

        Assert.Equal(55, (await waiting).Size);
        Assert.Equal("0", await SettingAsync(context));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("SET LOCAL lock_timeout = '9s'")]
    [InlineData("SET lock_timeout = '9s'")]
    public async Task The_setting_of_before_is_back_after_the_query(string? before)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await SetAsync(context, before);
        var ways = new List<Func<IQueryable<Concert>, Task>>
        {
            query => query.ToListAsync(),
            query => query.FirstAsync(c => c.Id == 2),
            query => query.SingleOrDefaultAsync(c => c.Id == 99),
            query => query.AsNoTracking().Select(c => c.Name).ToListAsync(),
            query => Task.FromResult(query.ToList()),
            query => Task.FromResult(query.Single(c => c.Id == 1)),
            query => Task.FromResult(query.AsEnumerable().First()),
            async query =>
            {
                await foreach (var concert in query.AsAsyncEnumerable())
                {
                    Assert.Equal(1, concert.Id);
                    break;
                }
            },
        };
        foreach (var way in ways)
        {
            await way(context.Concerts.OrderBy(c => c.Id).ForUpdate(Long));
            Assert.Equal(before is null ? "0" : "9s", await SettingAsync(context));
        }
    }

    [Fact]
    public async Task It_is_in_force_while_the_query_runs_and_not_in_the_second_statement_of_a_split_query()
    {
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);
        await using var transaction = await context.Database.BeginTransactionAsync();

        var during = await context.Concerts
            .Where(c => c.Id == 2).ForUpdate(Long).AsSplitQuery()
            .Select(c => new { c.Id, Guests = c.Bookings.Select(b => b.Guest).ToList() }).SingleAsync();

        Assert.Equal(2, during.Guests.Count);
        Assert.Equal(2, sent.Count);
        Assert.Contains("MOVE tiebreak_wait", sent.First(), StringComparison.Ordinal);
        Assert.DoesNotContain("tiebreak", sent.Last(), StringComparison.Ordinal);
        Assert.Equal("0", await SettingAsync(context));
    }

    [Fact]
    public async Task A_failure_inside_a_savepoint_leaves_the_setting_of_before()
    {
        await using var holder = await HoldAsync(1);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await SetAsync(context, "SET LOCAL lock_timeout = '9s'");
        await transaction.CreateSavepointAsync("before");

        Assert.Equal("55P03", await WaitTests.SqlStateOfAsync(context.Concerts.ForUpdate(Short).SingleAsync(c => c.Id == 1)));
        await transaction.RollbackToSavepointAsync("before");

        Assert.Equal("9s", await SettingAsync(context));
        Assert.Equal(2, (await context.Concerts.ForUpdate(Short).SingleAsync(c => c.Id == 2)).Id);
        Assert.Equal("9s", await SettingAsync(context));
    }

    [Fact]
    public async Task The_session_keeps_its_setting_after_commit_and_after_rollback()
    {
        await using var context = database.Open();
        await context.Database.OpenConnectionAsync();
        await SetAsync(context, "SET lock_timeout = '8s'");
        foreach (var commit in new[] { true, false })
        {
            await using var transaction = await context.Database.BeginTransactionAsync();
            await context.Concerts.ForUpdate(Long).ToListAsync();
            await (commit ? transaction.CommitAsync() : transaction.RollbackAsync());
            Assert.Equal("8s", await SettingAsync(context));
        }
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_a_transaction_that_can_be_rolled_back()
    {
        await using var holder = await HoldAsync(3);
        using var cancellation = new CancellationTokenSource();
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await transaction.CreateSavepointAsync("before");
        var waiting = context.Concerts.ForUpdate(Long).SingleAsync(c => c.Id == 3, cancellation.Token);
        await database.UntilSomebodyWaitsAsync();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await transaction.RollbackToSavepointAsync("before");

        Assert.Equal("0", await SettingAsync(context));
    }

    [Fact]
    public async Task Every_time_shares_one_compiled_query()
    {
        var compiled = 0;
        await using var context = database.Open(configure: options => options.LogTo(_ => compiled++, [CoreEventId.QueryExecutionPlanned]));
        await using var transaction = await context.Database.BeginTransactionAsync();
        var query = context.Bookings.Where(b => b.Id == 10).TagWith("every time");
        await query.ForUpdate(RowLockWait.UpTo(TimeSpan.FromSeconds(1))).SingleAsync();
        var first = compiled;
        Assert.NotEqual(0, first);
        for (var ms = 1; ms <= 50; ms++)
        {
            await query.ForUpdate(RowLockWait.UpTo(TimeSpan.FromMilliseconds(1000 + ms))).SingleAsync();
        }

        Assert.Equal(first, compiled);
        await query.ForShare(RowLockWait.UpTo(TimeSpan.FromSeconds(1))).SingleAsync();
        await query.ForShare(RowLockWait.None).SingleAsync();
        await query.ForShare(RowLockWait.SkipLocked).SingleAsync();
        Assert.Equal(4 * first, compiled);
    }

    [Fact]
    public async Task Each_time_reaches_the_server()
    {
        var times = new WrittenTimes();
        await using var context = database.Open(configure: options => options.AddInterceptors(times));
        await using var transaction = await context.Database.BeginTransactionAsync();
        foreach (var ms in new[] { 1000, 2500.5, 3000 })
        {
            await context.Bookings.ForUpdate(RowLockWait.UpTo(TimeSpan.FromMilliseconds(ms))).SingleAsync(b => b.Id == 10);
        }

        Assert.Equal(["1000", "2501", "3000"], times.Written);
        Assert.All(times.Texts, text => Assert.Equal(times.Texts.First(), text));
    }

    [Fact]
    public async Task A_compiled_query_takes_the_time_as_its_parameter()
    {
        await using var holder = await HoldAsync(1);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal(2, (await CompiledUpTo(context, 2, TimeSpan.FromSeconds(5))).Id);
        Assert.Equal(3, (await CompiledUpTo(context, 3, TimeSpan.FromSeconds(6))).Id);
        Assert.Equal(3, (await CompiledSeconds(context, 3, 7)).Id);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => CompiledUpTo(context, 3, TimeSpan.Zero));
        Assert.Equal("0", await SettingAsync(context));
        Assert.Equal("55P03", await WaitTests.SqlStateOfAsync(CompiledUpTo(context, 1, TimeSpan.FromMilliseconds(20))));
    }

    [Fact]
    public async Task A_compiled_query_takes_only_a_time_as_its_way_to_wait()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal(2, (await CompiledWait(context, 2, Long)).Id);
        var error = await Assert.ThrowsAsync<RowLockNotPossibleException>(() => CompiledWait(context, 2, RowLockWait.SkipLocked));
        Assert.Contains("RowLockWait.SkipLocked", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_captured_time_is_fixed_in_a_compiled_query()
    {
        var wait = Short;
        var compiled = EF.CompileAsyncQuery((ConcertContext c, int id) => c.Concerts.ForUpdate(wait).Single(x => x.Id == id));
        await using var holder = await HoldAsync(1);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal("55P03", await WaitTests.SqlStateOfAsync(compiled(context, 1)));
    }

    [Fact]
    public async Task The_query_string_shows_the_time()
    {
        await using var context = database.Open();

        var sql = context.Concerts.Where(c => c.Id == 2).ForUpdate(Long).ToQueryString();

        Assert.Contains("tiebreak_wait='77000'", sql, StringComparison.Ordinal);
    }

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

    [Fact]
    public async Task At_repeatable_read_a_row_that_changed_during_the_wait_is_still_an_error()
    {
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        (await holder.Folders.ForUpdate().SingleAsync(f => f.Id == 2)).Size = 66;
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        var waiting = context.Folders.ForUpdate(Long).SingleAsync(f => f.Id == 2);
        await database.UntilSomebodyWaitsAsync();
        await holder.SaveChangesAsync();
        await held.CommitAsync();

        Assert.Equal("40001", await WaitTests.SqlStateOfAsync(waiting));
    }

    [Fact]
    public async Task Without_a_transaction_it_is_refused_with_nothing_sent()
    {
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);

        await Assert.ThrowsAsync<RowLockOutsideTransactionException>(() => context.Concerts.ForUpdate(Long).ToListAsync());
        Assert.Empty(sent);
    }

    private static readonly Func<ConcertContext, int, TimeSpan, Task<Concert>> CompiledUpTo = EF.CompileAsyncQuery(
        (ConcertContext c, int id, TimeSpan time) => c.Concerts.Where(x => x.Id == id).ForUpdate(RowLockWait.UpTo(time)).Single());

    private static readonly Func<ConcertContext, int, int, Task<Concert>> CompiledSeconds = EF.CompileAsyncQuery(
        (ConcertContext c, int id, int seconds) => c.Concerts.Where(x => x.Id == id).ForUpdate(RowLockWait.UpTo(new TimeSpan(0, 0, seconds))).Single());

    private static readonly Func<ConcertContext, int, RowLockWait, Task<Concert>> CompiledWait = EF.CompileAsyncQuery(
        (ConcertContext c, int id, RowLockWait wait) => c.Concerts.Where(x => x.Id == id).ForUpdate(wait).Single());

    private async Task<ConcertContext> HoldAsync(int id)
    {
        var holder = database.Open();
        await holder.Database.BeginTransactionAsync();
        await holder.Concerts.ForUpdate().SingleAsync(c => c.Id == id);
        return holder;
    }

    private static Task<string> SettingAsync(ConcertContext context) =>
        context.Database.SqlQueryRaw<string>("SELECT current_setting('lock_timeout') AS \"Value\"").SingleAsync();

    private static Task SetAsync(ConcertContext context, string? statement) =>
        statement is null ? Task.CompletedTask : context.Database.ExecuteSqlRawAsync(statement);

    private sealed class WrittenTimes : DbCommandInterceptor
    {
        public List<string> Written { get; } = [];

        public List<string> Texts { get; } = [];

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            Texts.Add(command.CommandText);
            Written.AddRange(command.Parameters.Cast<DbParameter>().Where(p => p.ParameterName == "tiebreak_wait").Select(p => (string)p.Value!));
            return ValueTask.FromResult(result);
        }
    }

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
