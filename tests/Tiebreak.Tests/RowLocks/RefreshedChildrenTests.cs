using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>What a locked query includes or owns is as of after the lock, also where the context tracked it before.</summary>
public sealed class RefreshedChildrenTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    private static int _lastId = 5000;

    [Fact]
    public async Task A_child_that_others_changed_is_refreshed_in_place()
    {
        await using var context = await TrackedAsync();
        var concert = context.Concerts.Local.Single();
        var booking = concert.Bookings[0];
        await database.ExecuteAsync($"UPDATE bookings SET \"Guest\" = 'Changed' WHERE \"Id\" = {booking.Id}");

        await WithBookings(context, concert.Id).SingleAsync();

        Assert.Same(booking, concert.Bookings.Single(b => b.Id == booking.Id));
        Assert.Equal("Changed", booking.Guest);
        AssertUnchanged(context);
    }

    [Fact]
    public async Task A_child_that_others_deleted_is_gone_and_one_that_is_new_is_there()
    {
        await using var context = await TrackedAsync();
        var concert = context.Concerts.Local.Single();
        var (gone, stays) = (concert.Bookings[0], concert.Bookings[1]);
        await database.ExecuteAsync($"DELETE FROM bookings WHERE \"Id\" = {gone.Id}; INSERT INTO bookings VALUES ({gone.Id + 5000}, {concert.Id}, 'New')");

        await WithBookings(context, concert.Id).SingleAsync();

        Assert.Equal([stays.Id, gone.Id + 5000], concert.Bookings.Select(b => b.Id).Order());
        Assert.Equal(EntityState.Detached, context.Entry(gone).State);
        AssertUnchanged(context);
        Assert.Equal(0, await context.SaveChangesAsync());
    }

    [Fact]
    public async Task A_child_that_others_moved_to_another_parent_is_gone()
    {
        await using var context = await TrackedAsync();
        var concert = context.Concerts.Local.Single();
        var moved = concert.Bookings[0];
        await database.ExecuteAsync($"UPDATE bookings SET \"ConcertId\" = 1 WHERE \"Id\" = {moved.Id}");

        await WithBookings(context, concert.Id).SingleAsync();

        Assert.DoesNotContain(moved, concert.Bookings);
        AssertUnchanged(context);
    }

    [Fact]
    public async Task A_tracked_child_that_others_moved_here_leaves_its_old_parent()
    {
        await using var context = await TrackedAsync();
        var first = context.Concerts.Local.Single();
        var second = await SeedAsync();
        await context.Concerts.Include(c => c.Bookings).AsSplitQuery().SingleAsync(c => c.Id == second);
        var moved = first.Bookings[0];
        await database.ExecuteAsync($"UPDATE bookings SET \"ConcertId\" = {second} WHERE \"Id\" = {moved.Id}");

        var locked = await WithBookings(context, second).SingleAsync();

        Assert.Equal(3, locked.Bookings.Count);
        Assert.Same(locked, moved.Concert);
        Assert.DoesNotContain(moved, first.Bookings);
        AssertUnchanged(context);
    }

    [Fact]
    public async Task The_children_of_children_are_refreshed()
    {
        await using var context = await TrackedAsync();
        var concert = context.Concerts.Local.Single();
        var gone = concert.Bookings[0];
        await database.ExecuteAsync($"""
            UPDATE concerts SET "Name" = 'New', "Note" = 'shadow', "Hall_City" = 'Basel' WHERE "Id" = {concert.Id};
            DELETE FROM bookings WHERE "Id" = {gone.Id}; UPDATE bookings SET "Guest" = 'Changed' WHERE "Id" = {concert.Bookings[1].Id}
            """);

        await context.Promoters.Include(p => p.Concerts).ThenInclude(c => c.Bookings).AsSplitQuery().ForNoKeyUpdate().SingleAsync(p => p.Id == concert.Id);

        Assert.Equal(("New", "Basel", "Changed"), (concert.Name, concert.Hall?.City, Assert.Single(concert.Bookings).Guest));
        Assert.Equal("shadow", context.Entry(concert).Property("Note").CurrentValue);
        AssertUnchanged(context);
    }

    [Fact]
    public async Task A_filtered_include_leaves_in_the_collection_what_its_filter_finds()
    {
        await using var context = await TrackedAsync();
        var concert = context.Concerts.Local.Single();
        var stays = concert.Bookings[1];

        await context.Concerts.Include(c => c.Bookings.Where(b => b.Guest == "Alan")).AsSplitQuery().ForUpdate().SingleAsync(c => c.Id == concert.Id);

        Assert.Same(stays, Assert.Single(concert.Bookings));
        AssertUnchanged(context);
    }

    [Fact]
    public async Task A_link_that_others_removed_is_gone_and_a_new_one_is_there()
    {
        await using var context = await TrackedAsync();
        var concert = context.Concerts.Local.Single();
        var id = concert.Id;
        await database.ExecuteAsync($"""
            INSERT INTO genres VALUES ({id}, 'Jazz'), ({id + 5000}, 'Folk'); INSERT INTO "ConcertGenre" VALUES ({id}, {id})
            """);
        var query = context.Concerts.Include(c => c.Genres).AsSplitQuery().ForNoKeyUpdate();
        Assert.Equal("Jazz", Assert.Single((await query.SingleAsync(c => c.Id == id)).Genres).Name);
        await database.ExecuteAsync($"""
            DELETE FROM "ConcertGenre" WHERE "ConcertsId" = {id}; INSERT INTO "ConcertGenre" VALUES ({id}, {id + 5000});
            UPDATE genres SET "Name" = 'Blues' WHERE "Id" = {id}
            """);

        await query.SingleAsync(c => c.Id == id);

        Assert.Equal("Folk", Assert.Single(concert.Genres).Name);
        AssertUnchanged(context);
        Assert.Equal(0, await context.SaveChangesAsync());
    }

    [Fact]
    public async Task The_children_of_linked_children_are_refreshed()
    {
        await using var context = await TrackedAsync();
        var concert = context.Concerts.Local.Single();
        var id = concert.Id;
        await database.ExecuteAsync($"""
            INSERT INTO genres VALUES ({id}, 'Jazz'); INSERT INTO "ConcertGenre" VALUES ({id}, {id});
            UPDATE concerts SET "Name" = 'New' WHERE "Id" = {id}; DELETE FROM bookings WHERE "Id" = {id}; UPDATE bookings SET "Guest" = 'Changed' WHERE "Id" = {id + 1}
            """);

        var genre = await context.Set<Genre>().Include(g => g.Concerts).ThenInclude(c => c.Bookings).AsSplitQuery().ForUpdate().SingleAsync(g => g.Id == id);

        Assert.Same(concert, Assert.Single(genre.Concerts));
        Assert.Equal(("New", "Changed"), (concert.Name, Assert.Single(concert.Bookings).Guest));
        AssertUnchanged(context);
    }

    [Fact]
    public async Task An_unsaved_change_of_a_child_is_refused_by_entity_key_and_property()
    {
        await using var context = await TrackedAsync();
        var concert = context.Concerts.Local.Single();
        concert.Bookings[1].Guest = "Mine";

        var error = await Assert.ThrowsAsync<UnsavedChangesException>(() => WithBookings(context, concert.Id).SingleAsync());

        Assert.Equal(("Booking", $"Id={concert.Bookings[1].Id}", "Guest"), (error.EntityType, error.Key, Assert.Single(error.Properties)));
        Assert.Equal("Mine", concert.Bookings[1].Guest);
    }

    [Theory]
    [InlineData("add", true)]
    [InlineData("add", false)]
    [InlineData("remove", true)]
    [InlineData("remove", false)]
    [InlineData("delete", true)]
    [InlineData("change and gone", true)]
    [InlineData("change and gone", false)]
    public async Task Unsaved_changes_of_the_collection_are_refused(string change, bool detects)
    {
        await using var context = await TrackedAsync();
        context.ChangeTracker.AutoDetectChangesEnabled = detects;
        var concert = context.Concerts.Local.Single();
        var booking = concert.Bookings[0];
        switch (change)
        {
            case "add":
                concert.Bookings.Add(new Booking { Id = concert.Id + 9000 });
                break;
            case "remove":
                concert.Bookings.Remove(booking);
                break;
            case "delete":
                context.Remove(booking);
                break;
            default:
                booking.Guest = "Mine";
                await database.ExecuteAsync($"DELETE FROM bookings WHERE \"Id\" = {booking.Id}");
                break;
        }

        var error = await Assert.ThrowsAsync<UnsavedChangesException>(() => WithBookings(context, concert.Id).SingleAsync());

        Assert.Equal("Booking", error.EntityType);
    }

    [Fact]
    public async Task A_sequence_that_was_made_before_its_entity_was_tracked_refreshes_when_it_is_read()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var id = await SeedAsync();
        var sequence = Compiled(context, id);
        Assert.Single(sequence);
        await context.Database.CommitTransactionAsync();
        await using var again = await context.Database.BeginTransactionAsync();
        await database.ExecuteAsync($"UPDATE concerts SET \"Taken\" = 3 WHERE \"Id\" = {id}");

        Assert.Equal(3, Assert.Single(sequence).Taken);
        Assert.Equal([id], await database.LockedAsync("concerts"));
    }

    private static readonly Func<ConcertContext, int, IEnumerable<Concert>> Compiled =
        EF.CompileQuery((ConcertContext c, int id) => c.Concerts.Where(x => x.Id == id).ForUpdate());

    private static IQueryable<Concert> WithBookings(ConcertContext context, int id) =>
        context.Concerts.Include(c => c.Bookings).AsSplitQuery().ForUpdate().Where(c => c.Id == id);

    private static void AssertUnchanged(ConcertContext context)
    {
        context.ChangeTracker.DetectChanges();
        Assert.All(context.ChangeTracker.Entries(), entry => Assert.Equal(EntityState.Unchanged, entry.State));
    }

    private async Task<ConcertContext> TrackedAsync()
    {
        var id = await SeedAsync();
        var context = database.Open();
        await context.Concerts.Include(c => c.Bookings.OrderBy(b => b.Id)).Include(c => c.Genres).AsSplitQuery().SingleAsync(c => c.Id == id);
        await context.Database.BeginTransactionAsync();
        return context;
    }

    private async Task<int> SeedAsync()
    {
        var id = Interlocked.Add(ref _lastId, 10);
        await using var seed = database.Open();
        seed.Add(new Promoter { Id = id, Concerts = { new Concert { Id = id, Name = "Old", Hall = new Address { City = "Bern" }, Bookings = { new Booking { Id = id, Guest = "Grace" }, new Booking { Id = id + 1, Guest = "Alan" } } } } });
        await seed.SaveChangesAsync();
        return id;
    }
}
