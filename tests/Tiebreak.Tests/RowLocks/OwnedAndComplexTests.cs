using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>What an entity owns in a table of its own, and its optional and JSON values, where the context tracked it before.</summary>
public sealed class OwnedAndComplexTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    private static int _lastId = 9000;

    [Fact]
    public async Task An_owned_collection_is_as_in_its_table()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var tour = await SeedTourAsync(context);
        var (gone, stays) = (tour.Stops[0], tour.Stops[1]);
        await database.ExecuteAsync($"""
            DELETE FROM stops WHERE "TourId" = {tour.Id} AND "City" = 'Kiel'; UPDATE stops SET "City" = 'Oslo' WHERE "TourId" = {tour.Id};
            INSERT INTO stops ("TourId", "City") VALUES ({tour.Id}, 'Bodø')
            """);

        await context.Tours.AsSplitQuery().ForNoKeyUpdate().SingleAsync(t => t.Id == tour.Id);

        Assert.Equal(["Bodø", "Oslo"], tour.Stops.Select(s => s.City).Order(StringComparer.Ordinal));
        Assert.Contains(stays, tour.Stops);
        Assert.DoesNotContain(gone, tour.Stops);
        AssertUnchanged(context);
        Assert.Equal(0, await context.SaveChangesAsync());
    }

    [Fact]
    public async Task An_optional_complex_value_is_as_in_the_row()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var tour = await SeedTourAsync(context);
        await database.ExecuteAsync($"UPDATE tours SET \"Fee_Amount\" = 7, \"Fee_Note\" = 'late' WHERE \"Id\" = {tour.Id}");

        await context.Tours.AsSplitQuery().ForNoKeyUpdate().SingleAsync(t => t.Id == tour.Id);

        Assert.Equal((7, "late"), (tour.Fee?.Amount, tour.Fee?.Note));
        AssertUnchanged(context);
        tour.Fee!.Amount = 70;
        Assert.Equal(1, await context.SaveChangesAsync());
        await context.Database.CommitTransactionAsync();
        await using var fresh = database.Open();
        var saved = await fresh.Tours.SingleAsync(t => t.Id == tour.Id);
        Assert.Equal((70, "late"), (saved.Fee!.Amount, saved.Fee.Note));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_optional_complex_value_that_came_or_went_in_the_row_is_refused(bool gone)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var tour = await SeedTourAsync(context, fee: gone);
        await database.ExecuteAsync($"UPDATE tours SET \"Fee_Amount\" = {(gone ? "NULL" : "4")} WHERE \"Id\" = {tour.Id}");
        var query = context.Tours.AsSplitQuery().ForNoKeyUpdate();

        var error = await Assert.ThrowsAsync<RowLockNotPossibleException>(() => query.SingleAsync(t => t.Id == tour.Id));

        Assert.Contains("'Fee'", error.Message, StringComparison.Ordinal);
        context.ChangeTracker.Clear();
        Assert.Equal(gone ? null : 4, (await query.SingleAsync(t => t.Id == tour.Id)).Fee?.Amount);
    }

    [Fact]
    public async Task An_unsaved_change_of_a_complex_value_is_refused()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var tour = await SeedTourAsync(context);
        tour.Fee!.Amount = 5;

        await Assert.ThrowsAsync<UnsavedChangesException>(() => context.Tours.AsSplitQuery().ForNoKeyUpdate().SingleAsync(t => t.Id == tour.Id));

        Assert.Equal(5, tour.Fee.Amount);
    }

    [Fact]
    public async Task A_tracked_copy_with_complex_values_in_JSON_is_refused_and_a_new_one_is_read()
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        Assert.Equal(1, (await context.Posters.ForUpdate().SingleAsync()).Prints[0].Amount);

        await Assert.ThrowsAsync<RowLockNotPossibleException>(() => context.Posters.ForUpdate().SingleAsync());
    }

    private static void AssertUnchanged(ConcertContext context)
    {
        context.ChangeTracker.DetectChanges();
        Assert.All(context.ChangeTracker.Entries(), entry => Assert.Equal(EntityState.Unchanged, entry.State));
    }

    private async Task<Tour> SeedTourAsync(ConcertContext context, bool fee = true)
    {
        var id = Interlocked.Add(ref _lastId, 10);
        await using var seed = database.Open();
        seed.Add(new Tour { Id = id, Name = "T", Stops = { new Stop { City = "Kiel" }, new Stop { City = "Bergen" } }, Fee = fee ? new Fee { Amount = 1 } : null });
        await seed.SaveChangesAsync();
        var tour = await context.Tours.SingleAsync(t => t.Id == id);
        tour.Stops.Sort((a, b) => string.CompareOrdinal(b.City, a.City));
        return tour;
    }
}
