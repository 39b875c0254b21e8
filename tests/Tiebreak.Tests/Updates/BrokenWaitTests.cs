using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.RowLocks;
using Tiebreak.Updates;

namespace Tiebreak.Tests.Updates;

public sealed class BrokenWaitTests(ShopDatabase database) : IClassFixture<ShopDatabase>
{
    [Fact]
    public async Task A_cancelled_wait_changes_nothing()
    {
        var id = await SeatAsync();
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        await holder.Seats.Where(s => s.Id == id).ForUpdate().SingleAsync();
        using var cancellation = new CancellationTokenSource();
        await using var waiter = database.Open();

        var waiting = waiter.Seats.Where(s => s.Id == id).TryUpdateReturningAsync(set => set.SetProperty(s => s.Taken, 1), cancellation.Token);
        await database.UntilWaitingBehindAsync(holder);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await held.RollbackAsync();
        Assert.Equal(0, await TakenAsync(id));
    }

    [Fact]
    public async Task A_connection_lost_while_waiting_is_an_error_and_changes_nothing()
    {
        var id = await SeatAsync();
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        await holder.Seats.Where(s => s.Id == id).ForUpdate().SingleAsync();
        await using var waiter = database.Open();
        await waiter.Database.OpenConnectionAsync();
        var pid = ((NpgsqlConnection)waiter.Database.GetDbConnection()).ProcessID;

        var waiting = waiter.Seats.Where(s => s.Id == id).TryUpdateReturningAsync(set => set.SetProperty(s => s.Taken, 1));
        await database.UntilWaitingBehindAsync(holder);
        await database.ScalarAsync($"SELECT pg_terminate_backend({pid})");

        await Assert.ThrowsAnyAsync<Exception>(() => waiting);
        await held.RollbackAsync();
        Assert.Equal(0, await TakenAsync(id));
    }

    private async Task<int> SeatAsync() =>
        (await database.AddAsync(new Seat { Id = database.NewId(), Places = 2, Price = new Price { Amount = 20 } })).Id;

    private async Task<int?> TakenAsync(int id)
    {
        await using var context = database.Open();
        return await context.Seats.Where(s => s.Id == id).Select(s => (int?)s.Taken).SingleOrDefaultAsync();
    }
}
