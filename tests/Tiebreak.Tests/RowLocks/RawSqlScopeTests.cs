using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>A subquery that orders or limits is locked inside, before what stands outside of it picks among its rows.</summary>
public sealed class RawSqlScopeTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    [Fact]
    public Task A_filter_on_raw_sql_with_a_limit_is_refused() => NeverLocksMoreAsync(
        c => c.Bookings.FromSqlRaw("SELECT * FROM bookings ORDER BY \"Id\" LIMIT 4").Where(b => b.Id == 11));

    [Fact]
    public Task A_filter_on_raw_sql_with_an_offset_is_refused() => NeverLocksMoreAsync(
        c => c.Bookings.FromSqlRaw("SELECT * FROM bookings ORDER BY \"Id\" OFFSET 1").Where(b => b.Id == 11));

    [Fact]
    public Task Another_order_and_a_limit_on_raw_sql_with_an_order_are_refused() => NeverLocksMoreAsync(
        c => c.Bookings.FromSqlRaw("SELECT * FROM bookings ORDER BY \"Id\"").OrderByDescending(b => b.Guest).Take(1));

    [Fact]
    public async Task Without_anything_on_top_a_limit_is_locked()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await context.Bookings.FromSqlRaw("SELECT * FROM bookings ORDER BY \"Id\" LIMIT 2").ForUpdate().ToListAsync();
        Assert.Equal([10, 11], await database.LockedAsync("bookings"));
    }

    [Fact]
    public async Task PostgreSQL_locks_more_than_such_a_query_returns()
    {
        // The trap itself. If this fails one day, the refusal may go.
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await context.Database.ExecuteSqlRawAsync(
            "SELECT * FROM (SELECT * FROM bookings ORDER BY \"Id\" LIMIT 4) AS b WHERE b.\"Id\" = 11 FOR UPDATE OF b");
        Assert.Equal([10, 11, 20, 21], await database.LockedAsync("bookings"));
    }

    [Fact]
    public async Task A_limit_on_top_of_raw_sql_with_an_order_is_locked()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        Assert.Equal(10, (await context.Bookings.FromSqlRaw("SELECT * FROM bookings ORDER BY \"Id\" LIMIT 3").ForUpdate().FirstAsync()).Id);
        Assert.Equal([10], await database.LockedAsync("bookings"));
    }

    private async Task NeverLocksMoreAsync(Func<ConcertContext, IQueryable<Booking>> query)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await Assert.ThrowsAsync<RowLockNotPossibleException>(() => query(context).ForUpdate().ToListAsync());
        Assert.Empty(await database.LockedAsync("bookings"));
    }
}
