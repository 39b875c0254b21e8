using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>Where a refresh would lose something, or leave something old, the query is refused.</summary>
public sealed class RefreshRefusalTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Unsaved_changes_are_refused_by_entity_key_and_property_and_kept(bool detects)
    {
        await using var stale = await StaleAsync();
        stale.Context.ChangeTracker.AutoDetectChangesEnabled = detects;
        stale.Concert.Places = 99;
        stale.Concert.Terms.Price = 1;

        var error = await Assert.ThrowsAsync<UnsavedChangesException>(
            () => stale.Context.Concerts.ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id));

        Assert.Equal(("Concert", $"Id={stale.Concert.Id}"), (error.EntityType, error.Key));
        Assert.Contains("Places", error.Properties);
        Assert.Equal((99, 0), (stale.Concert.Places, stale.Concert.Taken));
    }

    [Fact]
    public async Task An_unsaved_deletion_is_refused()
    {
        await using var stale = await StaleAsync();
        stale.Context.Remove(stale.Concert);

        await Assert.ThrowsAsync<UnsavedChangesException>(() => stale.Context.Concerts.ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id));
    }

    [Fact]
    public async Task An_unsaved_change_of_an_owned_entity_is_refused()
    {
        await using var stale = await StaleAsync();
        stale.Concert.Hall!.City = "Chur";

        var error = await Assert.ThrowsAsync<UnsavedChangesException>(
            () => stale.Context.Concerts.ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id));

        Assert.Equal(["City"], error.Properties);
    }

    [Fact]
    public async Task An_unsaved_change_of_an_included_child_is_refused()
    {
        await using var stale = await StaleAsync();
        var booking = await stale.Context.Bookings.SingleAsync(b => b.ConcertId == stale.Concert.Id);
        booking.Guest = "Mine";

        var error = await Assert.ThrowsAsync<UnsavedChangesException>(() => stale.Context.Concerts
            .Include(c => c.Bookings).AsSplitQuery().ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id));

        Assert.Equal("Booking", error.EntityType);
    }

    [Fact]
    public async Task A_tracked_copy_with_parts_that_no_refresh_reaches_is_refused()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await context.Albums.ForUpdate().SingleAsync();

        var error = await Assert.ThrowsAsync<RowLockNotPossibleException>(() => context.Albums.ForUpdate().SingleAsync());
        Assert.Contains("Album", error.Message, StringComparison.Ordinal);

        context.ChangeTracker.Clear();
        Assert.Equal("red", (await context.Albums.ForUpdate().SingleAsync()).Cover.Colour);
    }

    [Fact]
    public async Task Children_in_a_split_projection_are_refused_where_the_context_tracks_old_ones()
    {
        await using var stale = await StaleAsync();
        await stale.Context.Bookings.Where(b => b.ConcertId == stale.Concert.Id).LoadAsync();
        var query = stale.Context.Concerts.Where(c => c.Id == stale.Concert.Id).ForUpdate().AsSplitQuery()
            .Select(c => new { c.Id, Bookings = c.Bookings.Where(b => b.Id > 0).ToList() });

        await Assert.ThrowsAsync<RowLockNotPossibleException>(() => query.SingleAsync());
    }

    private Task<StaleConcert> StaleAsync() => StaleConcert.ReadAsync(database);
}
