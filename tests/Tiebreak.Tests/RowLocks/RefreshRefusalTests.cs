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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_unsaved_removal_of_an_owned_entity_is_refused_and_kept(bool detects)
    {
        await using var stale = await StaleAsync();
        stale.Context.ChangeTracker.AutoDetectChangesEnabled = detects;
        stale.Concert.Hall = null;

        var error = await Assert.ThrowsAsync<UnsavedChangesException>(
            () => stale.Context.Concerts.ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id));

        Assert.Equal(("Concert", "Hall"), (error.EntityType, Assert.Single(error.Properties)));
        Assert.Null(stale.Concert.Hall);
    }

    [Fact]
    public async Task An_unsaved_replacement_of_an_owned_entity_is_refused()
    {
        await using var stale = await StaleAsync();
        stale.Concert.Hall = new Address { City = "Chur" };

        await Assert.ThrowsAsync<UnsavedChangesException>(() => stale.Context.Concerts.ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id));
    }

    [Theory]
    [InlineData("another", true)]
    [InlineData("another", false)]
    [InlineData("new", true)]
    [InlineData("none", true)]
    [InlineData("none", false)]
    public async Task An_unsaved_change_of_a_reference_is_refused_where_the_row_is_as_it_was(string reference, bool include)
    {
        // The row of concert 3 does not change, so its columns alone show nothing.
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        if (!include)
        {
            await context.Promoters.SingleAsync(p => p.Id == 1);
        }

        var concert = await (include ? context.Concerts.Include(c => c.Promoter) : context.Concerts.AsQueryable()).SingleAsync(c => c.Id == 3);
        Assert.NotNull(concert.Promoter);
        concert.Promoter = reference switch
        {
            "another" => await AnotherAsync(context),
            "new" => new Promoter { Name = "New" },
            _ => null,
        };

        var error = await Assert.ThrowsAsync<UnsavedChangesException>(() => context.Concerts.ForUpdate().SingleAsync(c => c.Id == 3));

        Assert.Equal(["PromoterId"], error.Properties);
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

    [Fact]
    public async Task A_reference_of_an_included_child_is_refused_where_the_context_tracks_an_old_one()
    {
        await using var stale = await StaleAsync();
        var id = stale.Concert.Id;
        await stale.Context.Promoters.SingleAsync(p => p.Id == id);
        await database.ExecuteAsync($"""
            UPDATE promoters SET "Name" = 'Changed' WHERE "Id" = {id}; INSERT INTO genres VALUES ({id}, 'Jazz'); INSERT INTO "ConcertGenre" VALUES ({id}, {id})
            """);
        var query = stale.Context.Set<Genre>().Include(g => g.Concerts).ThenInclude(c => c.Promoter).AsSplitQuery().ForUpdate();

        await Assert.ThrowsAsync<RowLockNotPossibleException>(() => query.SingleAsync(g => g.Id == id));

        stale.Context.ChangeTracker.Clear();
        Assert.Equal("Changed", Assert.Single((await query.SingleAsync(g => g.Id == id)).Concerts).Promoter?.Name);
    }

    [Fact]
    public async Task A_context_that_tracks_much_else_is_refreshed_all_the_same()
    {
        await using var stale = await StaleAsync();
        stale.Context.ChangeTracker.Clear();
        stale.Context.AttachRange(Enumerable.Range(1, 100).Select(id => new Folder { Id = 100_000 + id }));
        stale.Context.Attach(new Promoter { Id = stale.Concert.Id, Name = "Attached" });

        var promoter = await stale.Context.Promoters.ForUpdate().SingleAsync(p => p.Id == stale.Concert.Id);

        Assert.Equal("", promoter.Name);
    }

    private static async Task<Promoter> AnotherAsync(ConcertContext context)
    {
        context.Add(new Promoter { Id = 500, Name = "Bob" });
        await context.SaveChangesAsync();
        return await context.Promoters.SingleAsync(p => p.Id == 500);
    }

    private Task<StaleConcert> StaleAsync() => StaleConcert.ReadAsync(database);
}
