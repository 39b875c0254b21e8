using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>Rows of references that are locked beside the entity's own.</summary>
public sealed class OfTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    [Fact]
    public async Task Of_locks_the_row_that_a_reference_leads_to_and_no_other()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        await context.Bookings.Where(b => b.Id == 20).ForUpdate().Of(b => b.Concert).SingleAsync();

        Assert.Equal([20], await database.LockedAsync("bookings"));
        Assert.Equal([2], await database.LockedAsync("concerts"));
        Assert.Empty(await database.LockedAsync("promoters"));
    }

    [Theory]
    [InlineData("FOR NO KEY UPDATE OF b, c", "Default")]
    [InlineData("FOR NO KEY UPDATE OF b, c NOWAIT", "None")]
    [InlineData("FOR NO KEY UPDATE OF b, c SKIP LOCKED", "SkipLocked")]
    public async Task The_clause_names_both_tables_and_the_way_to_wait(string clause, string wait)
    {
        await using var context = database.Open();
        var how = wait switch { "None" => RowLockWait.None, "SkipLocked" => RowLockWait.SkipLocked, _ => RowLockWait.Default };

        Assert.EndsWith(clause, context.Bookings.ForNoKeyUpdate(how).Of(b => b.Concert).ToQueryString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_join_it_adds_filters_nothing()
    {
        await using var context = database.Open();

        var sql = context.Bookings.AsNoTracking().ForUpdate().Of(b => b.Concert).ToQueryString();

        Assert.Contains("INNER JOIN concerts AS c ON b.\"ConcertId\" = c.\"Id\"", sql, StringComparison.Ordinal);
        Assert.DoesNotContain("WHERE", sql, StringComparison.Ordinal);
    }

    [Fact]
    public Task Of_may_stand_before_the_filter() => LocksBothAsync(c => c.Bookings.ForUpdate().Of(b => b.Concert).Where(b => b.Id == 20).ToListAsync());

    [Fact]
    public Task It_works_without_tracking() => LocksBothAsync(c => c.Bookings.AsNoTracking().Where(b => b.Id == 20).ForUpdate().Of(b => b.Concert).ToListAsync());

    [Fact]
    public Task It_works_with_First_and_a_predicate() => LocksBothAsync(c => c.Bookings.ForUpdate().Of(b => b.Concert).FirstAsync(b => b.Id == 20));

    [Fact]
    public Task It_works_with_Take_before_the_lock() =>
        LocksBothAsync(c => c.Bookings.Where(b => b.Id == 20).OrderBy(b => b.Id).Take(1).ForUpdate().Of(b => b.Concert).ToListAsync());

    [Fact]
    public Task It_works_with_Take_without_tracking() =>
        LocksBothAsync(c => c.Bookings.AsNoTracking().Where(b => b.Id == 20).OrderBy(b => b.Id).Take(1).ForUpdate().Of(b => b.Concert).ToListAsync());

    [Fact]
    public Task It_works_with_a_projection() =>
        LocksBothAsync(c => c.Bookings.Where(b => b.Id == 20).ForUpdate().Of(b => b.Concert).Select(b => b.Guest).ToListAsync());

    [Fact]
    public Task It_works_with_raw_sql() =>
        LocksBothAsync(c => c.Bookings.FromSql($"SELECT * FROM bookings WHERE \"Id\" = {20}").ForUpdate().Of(b => b.Concert).ToListAsync());

    [Fact]
    public Task It_works_with_a_time_to_wait() =>
        LocksBothAsync(c => c.Bookings.Where(b => b.Id == 20).ForUpdate(RowLockWait.UpTo(TimeSpan.FromSeconds(9))).Of(b => b.Concert).ToListAsync());

    [Fact]
    public Task It_works_in_a_compiled_query() => LocksBothAsync(c => Compiled(c, 20));

    [Fact]
    public Task It_names_the_reference_by_EF_Property() =>
        LocksBothAsync(c => c.Bookings.Where(b => b.Id == 20).ForUpdate().Of(b => EF.Property<Concert>(b, "Concert")).ToListAsync());

    [Fact]
    public async Task What_is_locked_too_may_be_included_in_the_same_statement()
    {
        var sent = new ConcurrentQueue<string>();
        await using var context = database.Open(sent);
        await using var transaction = await context.Database.BeginTransactionAsync();

        var booking = await context.Bookings.Include(b => b.Concert).ForUpdate().Of(b => b.Concert).SingleAsync(b => b.Id == 20);

        Assert.Equal("Concert 2", booking.Concert!.Name);
        Assert.Single(sent);
        Assert.Single(sent.First().Split("JOIN")[1..]);
    }

    [Fact]
    public async Task Its_columns_may_be_selected()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        var found = await context.Bookings.Where(b => b.Id == 20).ForUpdate().Of(b => b.Concert).Select(b => new { b.Guest, b.Concert!.Name }).SingleAsync();

        Assert.Equal("Concert 2", found.Name);
    }

    [Fact]
    public async Task What_is_reached_from_it_and_not_locked_is_still_refused()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        await Assert.ThrowsAsync<RowLockNotPossibleException>(
            () => context.Bookings.Include(b => b.Concert!.Promoter).ForUpdate().Of(b => b.Concert).ToListAsync());
    }

    [Fact]
    public async Task Its_values_are_those_after_the_wait_also_where_it_was_tracked_before()
    {
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        (await holder.Concerts.ForUpdate().SingleAsync(c => c.Id == 1)).Taken = 7;

        await using var waiter = database.Open();
        var tracked = await waiter.Concerts.SingleAsync(c => c.Id == 1);
        await using var transaction = await waiter.Database.BeginTransactionAsync();
        var waiting = waiter.Bookings.Include(b => b.Concert).ForUpdate().Of(b => b.Concert).SingleAsync(b => b.Id == 10);
        await database.UntilSomebodyWaitsAsync();
        await holder.SaveChangesAsync();
        await held.CommitAsync();

        Assert.Same(tracked, (await waiting).Concert);
        Assert.Equal(7, tracked.Taken);
        Assert.Equal(EntityState.Unchanged, waiter.Entry(tracked).State);
    }

    [Fact]
    public async Task A_tracked_reference_is_refreshed_without_an_include_as_well()
    {
        await using var context = database.Open();
        var tracked = await context.Concerts.SingleAsync(c => c.Id == 3);
        await database.ExecuteAsync("UPDATE concerts SET \"Taken\" = 5, \"Hall_City\" = 'Basel' WHERE \"Id\" = 3");
        await using var transaction = await context.Database.BeginTransactionAsync();

        await context.Bookings.ForUpdate().Of(b => b.Concert).FirstAsync(b => b.Id == 30);

        Assert.Equal((5, "Basel"), (tracked.Taken, tracked.Hall!.City));
    }

    [Fact]
    public async Task A_projection_reads_its_columns_as_they_are_after_the_wait()
    {
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        (await holder.Concerts.ForUpdate().SingleAsync(c => c.Id == 2)).Taken = 8;

        await using var waiter = database.Open();
        await using var transaction = await waiter.Database.BeginTransactionAsync();
        var waiting = waiter.Bookings.Where(b => b.Id == 20).ForUpdate().Of(b => b.Concert).Select(b => b.Concert!.Taken).SingleAsync();
        await database.UntilSomebodyWaitsAsync();
        await holder.SaveChangesAsync();
        await held.CommitAsync();

        Assert.Equal(8, await waiting);
    }

    [Fact]
    public async Task A_tracked_reference_that_a_projection_returns_is_refused()
    {
        await using var context = database.Open();
        await context.Concerts.SingleAsync(c => c.Id == 2);
        await using var transaction = await context.Database.BeginTransactionAsync();

        var error = await Assert.ThrowsAsync<RowLockNotPossibleException>(
            () => context.Bookings.Where(b => b.Id == 20).ForUpdate().Of(b => b.Concert).Select(b => new { b.Guest, b.Concert }).SingleAsync());

        Assert.Contains("'Concert'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tracked_reference_with_unsaved_changes_is_refused_by_name()
    {
        await using var context = database.Open();
        (await context.Concerts.SingleAsync(c => c.Id == 2)).Name = "Renamed";
        await using var transaction = await context.Database.BeginTransactionAsync();

        var error = await Assert.ThrowsAsync<UnsavedChangesException>(
            () => context.Bookings.ForUpdate().Of(b => b.Concert).SingleAsync(b => b.Id == 20));

        Assert.Equal(["Name"], error.Properties);
    }

    [Fact]
    public async Task A_row_whose_reference_changed_during_the_wait_is_left_out()
    {
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        (await holder.Bookings.ForUpdate().SingleAsync(b => b.Id == 31)).ConcertId = 2;

        await using var waiter = database.Open();
        await using var transaction = await waiter.Database.BeginTransactionAsync();
        var waiting = waiter.Bookings.ForUpdate().Of(b => b.Concert).Where(b => b.Id == 31).ToListAsync();
        await database.UntilSomebodyWaitsAsync();
        await holder.SaveChangesAsync();
        await held.CommitAsync();

        Assert.Empty(await waiting);
    }

    [Fact]
    public async Task Skip_locked_leaves_out_the_rows_whose_locked_reference_is_held()
    {
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        await holder.Concerts.ForUpdate().SingleAsync(c => c.Id == 1);
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        var free = await context.Bookings.ForUpdate(RowLockWait.SkipLocked).Of(b => b.Concert).ToListAsync();

        Assert.DoesNotContain(free, booking => booking.ConcertId == 1);
        Assert.NotEmpty(free);
    }

    private static readonly Func<ConcertContext, int, Task<Booking>> Compiled = EF.CompileAsyncQuery(
        (ConcertContext c, int id) => c.Bookings.Where(b => b.Id == id).ForUpdate().Of(b => b.Concert).Single());

    private async Task LocksBothAsync<T>(Func<ConcertContext, Task<T>> query)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        await query(context);

        Assert.Equal([20], await database.LockedAsync("bookings"));
        Assert.Equal([2], await database.LockedAsync("concerts"));
    }
}
