using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
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
}
