using Microsoft.EntityFrameworkCore;
using Tiebreak.Updates;

namespace Tiebreak.Tests.Updates;

public sealed class DeleteReturningTests(ShopDatabase database) : IClassFixture<ShopDatabase>
{
    [Fact]
    public async Task One_of_many_claims_a_row_by_deleting_it()
    {
        var id = await SeatAsync();
        await using var tracking = database.Open();
        var tracked = await tracking.Seats.SingleAsync(s => s.Id == id);

        var claims = await Task.WhenAll(Enumerable.Range(0, 20).Select(async number =>
        {
            await using var own = database.Open();
            return await (number == 0 ? tracking : own).Seats.Where(s => s.Id == id && s.Taken == 0).DeleteReturningAsync();
        }));

        Assert.Equal(id, Assert.Single(claims.SelectMany(rows => rows)).Id);
        Assert.Null(await TakenAsync(id));
        Assert.Equal(claims[0].Count == 1 ? EntityState.Detached : EntityState.Unchanged, tracking.Entry(tracked).State);
    }

    [Fact]
    public async Task A_deleted_row_comes_back_as_it_last_was_and_is_not_tracked()
    {
        var id = await SeatAsync();
        await using var context = database.Open();
        await context.Seats.SingleAsync(s => s.Id == id);
        await using (var other = database.Open())
        {
            await other.Seats.Where(s => s.Id == id).ExecuteUpdateAsync(set => set.SetProperty(s => s.Taken, 2));
        }

        Assert.Equal(2, Assert.Single(await context.Seats.Where(s => s.Id == id).DeleteReturningAsync()).Taken);
        Assert.Empty(context.ChangeTracker.Entries<Seat>());
    }

    private async Task<int> SeatAsync() =>
        (await database.AddAsync(new Seat { Id = database.NewId(), Places = 2, Price = new Price { Amount = 20 } })).Id;

    private async Task<int?> TakenAsync(int id)
    {
        await using var context = database.Open();
        return await context.Seats.Where(s => s.Id == id).Select(s => (int?)s.Taken).SingleOrDefaultAsync();
    }
}
