using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>
/// What the context tracked before is as the row is now. Each test has its own row of each table (its id), so that
/// none depends on what another wrote.
/// </summary>
public sealed class RefreshTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    [Fact]
    public async Task Without_a_lock_EF_Core_keeps_the_old_values()
    {
        // The trap itself. If this fails one day, EF Core has changed and the refresh may go.
        await using var stale = await StaleAsync();
        await stale.Context.Concerts.SingleAsync(c => c.Id == stale.Concert.Id);
        Assert.Equal(0, stale.Concert.Taken);
    }

    [Fact]
    public async Task A_tracked_entity_has_the_values_of_the_locked_row()
    {
        await using var stale = await StaleAsync();

        var locked = await stale.Context.Concerts.ForNoKeyUpdate().SingleAsync(c => c.Id == stale.Concert.Id);

        Assert.Same(stale.Concert, locked);
        AssertCurrent(stale);
    }

    [Fact]
    public async Task An_entity_inside_a_projection_is_refreshed()
    {
        await using var stale = await StaleAsync();

        var found = await stale.Context.Concerts.Where(c => c.Id == stale.Concert.Id).ForUpdate()
            .Select(c => new { Concert = c, c.Taken }).SingleAsync();

        Assert.Equal(7, found.Taken);
        AssertCurrent(stale);
    }

    [Fact]
    public async Task A_compiled_query_refreshes()
    {
        await using var stale = await StaleAsync();
        await Compiled(stale.Context, stale.Concert.Id);
        AssertCurrent(stale);
    }

    [Fact]
    public async Task A_list_refreshes_each_entity()
    {
        await using var stale = await StaleAsync();
        await stale.Context.Concerts.Where(c => c.Id == stale.Concert.Id || c.Id == 1).ForUpdate().ToListAsync();
        AssertCurrent(stale);
    }

    [Fact]
    public async Task A_synchronous_query_refreshes()
    {
        await using var stale = await StaleAsync();
        _ = stale.Context.Concerts.ForUpdate().First(c => c.Id == stale.Concert.Id);
        AssertCurrent(stale);
    }

    [Fact]
    public async Task A_refreshed_entity_is_saved_with_only_what_is_changed_afterwards()
    {
        await using var stale = await StaleAsync();
        await stale.Context.Concerts.ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id);

        stale.Concert.Taken++;
        Assert.Equal(["Taken"], stale.Context.Entry(stale.Concert).Properties.Where(p => p.IsModified).Select(p => p.Metadata.Name));
        await stale.Context.SaveChangesAsync();
        await stale.Context.Database.CommitTransactionAsync();

        await using var fresh = database.Open();
        Assert.Equal(8, (await fresh.Concerts.SingleAsync(c => c.Id == stale.Concert.Id)).Taken);
    }

    [Fact]
    public async Task An_owned_entity_that_is_gone_from_the_row_is_gone_from_the_entity()
    {
        await using var stale = await StaleAsync();
        await database.ExecuteAsync($"UPDATE concerts SET \"Hall_City\" = NULL, \"Hall_Street\" = NULL WHERE \"Id\" = {stale.Concert.Id}");

        await stale.Context.Concerts.ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id);

        Assert.Null(stale.Concert.Hall);
        stale.Context.ChangeTracker.DetectChanges();
        Assert.False(stale.Context.ChangeTracker.HasChanges());
    }

    [Fact]
    public async Task An_owned_entity_that_is_new_in_the_row_is_new_in_the_entity()
    {
        await using var stale = await StaleAsync(hall: false);
        Assert.Null(stale.Concert.Hall);

        await stale.Context.Concerts.ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id);

        Assert.Equal("Basel", stale.Concert.Hall?.City);
        Assert.False(stale.Context.ChangeTracker.HasChanges());
    }

    [Fact]
    public async Task A_parent_that_is_not_loaded_stays_so()
    {
        await using var stale = await StaleAsync();
        await stale.Context.Concerts.ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id);
        await stale.Context.Concerts.ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id);
        Assert.Null(stale.Concert.Promoter);
        Assert.Equal(stale.Concert.Id, stale.Concert.PromoterId);
        Assert.False(stale.Context.ChangeTracker.HasChanges());
    }

    [Fact]
    public async Task A_changed_foreign_key_moves_the_entity_to_its_new_parent()
    {
        await using var stale = await StaleAsync();
        var parent = await stale.Context.Promoters.SingleAsync(p => p.Id == 1);
        await database.ExecuteAsync($"UPDATE concerts SET \"PromoterId\" = 1 WHERE \"Id\" = {stale.Concert.Id}");

        await stale.Context.Concerts.ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id);

        Assert.Same(parent, stale.Concert.Promoter);
        Assert.False(stale.Context.ChangeTracker.HasChanges());
    }

    [Fact]
    public async Task A_derived_types_own_column_is_refreshed_through_its_base()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var seat = await context.Set<SeatTicket>().SingleAsync(t => t.Id == 1);
        await database.ExecuteAsync("UPDATE tickets SET \"Seat\" = 'B2', \"Price\" = 9 WHERE \"Id\" = 1");

        await context.Tickets.ForUpdate().ToListAsync();

        Assert.Equal(("B2", 9), (seat.Seat, seat.Price));
    }

    [Fact]
    public async Task Both_tables_of_a_TPT_entity_are_refreshed()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var account = await context.Set<SavingsAccount>().SingleAsync();
        await database.ExecuteAsync("UPDATE accounts SET \"Balance\" = 50 WHERE \"Id\" = 2; UPDATE savings_accounts SET \"Rate\" = 60 WHERE \"Id\" = 2");

        await context.Set<SavingsAccount>().ForUpdate().SingleAsync();

        Assert.Equal((50, 60), (account.Balance, account.Rate));
    }

    [Fact]
    public async Task A_TPC_entity_is_refreshed()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var voucher = await context.Set<GiftVoucher>().SingleAsync();
        await database.ExecuteAsync("UPDATE gift_vouchers SET \"Uses\" = 4, \"Amount\" = 5");

        await context.Set<GiftVoucher>().ForUpdate().SingleAsync();

        Assert.Equal((4, 5), (voucher.Uses, voucher.Amount));
    }

    [Fact]
    public async Task Raw_sql_refreshes()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var booking = await context.Bookings.SingleAsync(b => b.Id == 30);
        await database.ExecuteAsync("UPDATE bookings SET \"Guest\" = 'Raw' WHERE \"Id\" = 30");

        await context.Bookings.FromSql($"SELECT * FROM bookings WHERE \"Id\" = {30}").ForUpdate().SingleAsync();

        Assert.Equal("Raw", booking.Guest);
    }

    [Fact]
    public async Task An_untracked_query_leaves_the_tracked_entity_alone()
    {
        await using var stale = await StaleAsync();

        var locked = await stale.Context.Concerts.AsNoTracking().ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id);

        Assert.Equal((7, 0), (locked.Taken, stale.Concert.Taken));
    }

    [Fact]
    public async Task A_query_that_does_not_track_because_of_its_subquery_returns_the_row()
    {
        await using var stale = await StaleAsync();

        var locked = await stale.Context.Concerts
            .Where(c => c.Id == stale.Concert.Id && stale.Context.Bookings.AsNoTracking().Any(b => b.ConcertId == c.Id))
            .ForUpdate().SingleAsync();

        Assert.Equal((7, 0), (locked.Taken, stale.Concert.Taken));
    }

    [Fact]
    public async Task AsTracking_refreshes_in_a_context_that_does_not_track_by_default()
    {
        await using var stale = await StaleAsync(configure: options => options.UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking));
        await stale.Context.Concerts.AsTracking().ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id);
        AssertCurrent(stale);
    }

    [Fact]
    public async Task A_member_that_is_not_mapped_is_computed_from_the_refreshed_entity()
    {
        await using var stale = await StaleAsync();
        Assert.Equal(-2, await stale.Context.Concerts.Where(c => c.Id == stale.Concert.Id).ForUpdate().Select(c => c.Free).SingleAsync());
    }

    [Fact]
    public async Task A_method_of_the_entity_is_called_on_the_refreshed_entity()
    {
        await using var stale = await StaleAsync();
        Assert.Equal("New: 7", await stale.Context.Concerts.Where(c => c.Id == stale.Concert.Id).ForUpdate().Select(c => c.Describe()).SingleAsync());
    }

    [Fact]
    public async Task A_function_over_the_entity_gets_the_refreshed_entity()
    {
        await using var stale = await StaleAsync();
        Assert.Equal(7, await stale.Context.Concerts.Where(c => c.Id == stale.Concert.Id).ForUpdate().Select(c => TakenOf(c)).SingleAsync());
    }

    [Fact]
    public async Task A_computed_member_of_an_owned_entity_is_never_the_old_one()
    {
        await using var stale = await StaleAsync();
        var query = stale.Context.Concerts.Where(c => c.Id == stale.Concert.Id).ForUpdate().Select(c => new { c, c.Hall!.Line });
        await Assert.ThrowsAsync<RowLockNotPossibleException>(() => query.SingleAsync());
    }

    [Fact]
    public async Task A_split_include_refreshes_the_entity_and_reads_its_children()
    {
        await using var stale = await StaleAsync();

        var locked = await stale.Context.Concerts.Include(c => c.Bookings).AsSplitQuery().ForUpdate().SingleAsync(c => c.Id == stale.Concert.Id);

        AssertCurrent(stale);
        Assert.Equal(stale.Concert.Id, Assert.Single(locked.Bookings).Id);
    }

    [Fact]
    public async Task A_nested_split_include_reads_each_level()
    {
        await using var stale = await StaleAsync();
        stale.Context.ChangeTracker.Clear();

        var promoter = await stale.Context.Promoters.Include(p => p.Concerts).ThenInclude(c => c.Bookings).AsSplitQuery()
            .ForUpdate().SingleAsync(p => p.Id == stale.Concert.Id);

        var concert = Assert.Single(promoter.Concerts);
        Assert.Equal(("New", 1), (concert.Name, concert.Bookings.Count));
    }

    [Fact]
    public async Task A_query_from_a_tracked_parent_to_its_children_locks_and_refreshes_them()
    {
        await using var stale = await StaleAsync();
        var bookings = stale.Context.Entry(stale.Concert).Collection(c => c.Bookings);
        await bookings.LoadAsync();
        await database.ExecuteAsync($"UPDATE bookings SET \"Guest\" = 'Changed' WHERE \"Id\" = {stale.Concert.Id}");

        await bookings.Query().ForUpdate().LoadAsync();

        Assert.Equal("Changed", Assert.Single(stale.Concert.Bookings).Guest);
        Assert.Equal([stale.Concert.Id], await database.LockedAsync("bookings"));
    }

    private static int TakenOf(Concert concert) => concert.Taken;

    private static readonly Func<ConcertContext, int, Task<Concert>> Compiled =
        EF.CompileAsyncQuery((ConcertContext c, int id) => c.Concerts.ForUpdate().Single(x => x.Id == id));

    private static void AssertCurrent(StaleConcert stale)
    {
        var concert = stale.Concert;
        var entry = stale.Context.Entry(concert);
        Assert.Equal(("New", 7, ConcertStatus.SoldOut, "Basel", "CHF"), (concert.Name, concert.Taken, concert.Status, concert.Hall?.City, concert.Terms.Currency));
        Assert.Equal(["late"], concert.Labels);
        Assert.Equal("seen", entry.Property("Note").CurrentValue);
        Assert.All(entry.Properties, property => Assert.Equal(property.CurrentValue, property.OriginalValue));
        Assert.Equal("Basel", entry.Reference(c => c.Hall).TargetEntry!.Property("City").OriginalValue);
        Assert.Equal("CHF", entry.ComplexProperty(c => c.Terms).Property(t => t.Currency).OriginalValue);
        Assert.Equal(EntityState.Unchanged, entry.State);
        Assert.False(stale.Context.ChangeTracker.HasChanges());
    }

    private Task<StaleConcert> StaleAsync(bool hall = true, Action<DbContextOptionsBuilder<ConcertContext>>? configure = null) =>
        StaleConcert.ReadAsync(database, hall, configure);
}
