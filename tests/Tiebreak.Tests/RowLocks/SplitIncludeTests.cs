using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>
/// A split query asks for its children in a second statement, which looks the parents up again on a newer snapshot.
/// Only a whole key is sure to find the row that was locked.
/// </summary>
public sealed class SplitIncludeTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    [Fact]
    public Task By_key_with_Single_the_children_come() => LoadsAsync(c => Split(c).SingleAsync(x => x.Id == 2));

    [Fact]
    public Task By_key_with_First_the_children_come() => LoadsAsync(c => Split(c).Where(x => 2 == x.Id).FirstAsync());

    [Fact]
    public Task By_key_in_a_list_the_children_come() => LoadsAsync(async c => (await Split(c).Where(x => x.Id == 2).ToListAsync()).Single());

    [Fact]
    public Task By_key_and_other_columns_of_the_row_the_children_come() => LoadsAsync(c =>
    {
        var id = 2;
        return Split(c).Where(x => x.Places > 0).OrderBy(x => x.Name).FirstAsync(x => x.Id == id && x.Status == ConcertStatus.Open);
    });

    [Fact]
    public Task First_in_an_order_is_refused() => RefusedAsync(c => Split(c).OrderBy(x => x.Taken).FirstAsync());

    [Fact]
    public Task Take_is_refused() => RefusedAsync(c => Split(c).OrderBy(x => x.Id).Take(2).ToListAsync());

    [Fact]
    public Task Skip_is_refused() => RefusedAsync(c => Split(c).OrderBy(x => x.Id).Skip(1).ToListAsync());

    [Fact]
    public Task Single_without_the_key_is_refused() => RefusedAsync(c => Split(c).SingleAsync(x => x.Name == "Concert 2"));

    [Fact]
    public Task A_list_that_others_may_add_rows_to_is_refused() => RefusedAsync(c => Split(c).Where(x => x.Places > 0).ToListAsync());

    [Fact]
    public Task A_list_of_keys_is_refused()
    {
        int[] ids = [1, 2];
        return RefusedAsync(c => Split(c).Where(x => ids.Contains(x.Id)).ToListAsync());
    }

    [Fact]
    public Task A_key_among_other_ways_to_match_is_refused() => RefusedAsync(c => Split(c).Where(x => x.Id == 2 || x.Places > 0).ToListAsync());

    [Fact]
    public Task A_key_that_is_not_a_given_value_is_refused() => RefusedAsync(c => Split(c).Where(x => x.Id == x.Places).ToListAsync());

    [Fact]
    public Task A_filter_over_a_parent_is_refused() => RefusedAsync(c => Split(c).SingleAsync(x => x.Id == 2 && x.Promoter!.Active), says: "'Id' is not of the locked row");

    [Fact]
    public Task A_filter_over_children_is_refused() => RefusedAsync(c => Split(c).SingleAsync(x => x.Id == 2 && x.Bookings.Any()));

    [Fact]
    public Task Children_in_a_projection_are_refused_like_included_ones() =>
        RefusedAsync(c => c.Concerts.ForUpdate().AsSplitQuery().OrderBy(x => x.Taken).Select(x => x.Bookings.ToList()).FirstAsync());

    [Fact]
    public async Task Raw_sql_is_refused()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var query = context.Promoters.FromSql($"SELECT * FROM promoters WHERE EXISTS (SELECT 1 FROM concerts)")
            .Include(p => p.Concerts).AsSplitQuery().ForUpdate();

        await Assert.ThrowsAsync<RowLockNotPossibleException>(() => query.SingleAsync(p => p.Id == 1));
    }

    private static IQueryable<Concert> Split(ConcertContext context) => context.Concerts.Include(x => x.Bookings).AsSplitQuery().ForUpdate();

    private async Task LoadsAsync(Func<ConcertContext, Task<Concert>> query)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal([20, 21], (await query(context)).Bookings.Select(booking => booking.Id).Order());
        Assert.Equal([2], await database.LockedAsync("concerts"));
        Assert.Empty(await database.LockedAsync("bookings"));
    }

    private async Task RefusedAsync<T>(Func<ConcertContext, Task<T>> query, string says = "LoadAsync")
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        var error = await Assert.ThrowsAsync<RowLockNotPossibleException>(() => query(context));

        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Empty(await database.LockedAsync("concerts"));
    }
}
