using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>Several connections at once on a real server.</summary>
public sealed class ContentionTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    [Fact]
    public async Task Who_waited_for_the_lock_decides_on_what_the_holder_committed()
    {
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        (await holder.Concerts.ForNoKeyUpdate().SingleAsync(c => c.Id == 1)).Taken = 10;

        await using var waiter = database.Open();
        var tracked = await waiter.Concerts.SingleAsync(c => c.Id == 1);
        Assert.Equal(0, tracked.Taken);
        await using var transaction = await waiter.Database.BeginTransactionAsync();
        var waiting = waiter.Concerts.ForNoKeyUpdate().SingleAsync(c => c.Id == 1);
        await database.UntilSomebodyWaitsAsync();
        Assert.False(waiting.IsCompleted);

        await holder.SaveChangesAsync();
        await held.CommitAsync();

        Assert.Same(tracked, await waiting);
        Assert.Equal(10, tracked.Taken);
    }

    [Fact]
    public async Task Children_of_a_split_query_are_those_after_the_wait()
    {
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        await holder.Concerts.ForUpdate().SingleAsync(c => c.Id == 3);

        await using var waiter = database.Open();
        await using var transaction = await waiter.Database.BeginTransactionAsync();
        var waiting = waiter.Concerts.Include(c => c.Bookings).AsSplitQuery().ForUpdate().SingleAsync(c => c.Id == 3);
        await database.UntilSomebodyWaitsAsync();

        holder.Add(new Booking { Id = 300, ConcertId = 3, Guest = "Late" });
        await holder.SaveChangesAsync();
        await held.CommitAsync();

        Assert.Contains((await waiting).Bookings, booking => booking.Guest == "Late");
    }

    [Fact]
    public async Task A_row_that_no_longer_matches_after_the_wait_is_not_returned()
    {
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        (await holder.Folders.ForUpdate().SingleAsync(f => f.Id == 2)).Size = 0;

        await using var waiter = database.Open();
        await using var transaction = await waiter.Database.BeginTransactionAsync();
        var waiting = waiter.Folders.Where(f => f.Id == 2 && f.Size > 0).ForUpdate().ToListAsync();
        await database.UntilSomebodyWaitsAsync();
        await holder.SaveChangesAsync();
        await held.CommitAsync();

        Assert.Empty(await waiting);
    }

    [Fact]
    public async Task Forty_at_once_lose_no_update()
    {
        // Each context tracks the row before it locks: without the refresh all of them would write 1.
        await Parallel.ForEachAsync(Enumerable.Range(0, 40), new ParallelOptions { MaxDegreeOfParallelism = 20 }, async (_, cancellation) =>
        {
            await using var context = database.Open();
            await context.Concerts.SingleAsync(c => c.Id == 2, cancellation);
            await using var transaction = await context.Database.BeginTransactionAsync(cancellation);
            var concert = await context.Concerts.Where(c => c.Id == 2).ForNoKeyUpdate().SingleAsync(cancellation);
            concert.Taken++;
            await context.SaveChangesAsync(cancellation);
            await transaction.CommitAsync(cancellation);
        });

        await using var after = database.Open();
        Assert.Equal(40, (await after.Concerts.SingleAsync(c => c.Id == 2)).Taken);
    }

    [Fact]
    public async Task Those_that_lock_several_rows_in_the_order_of_the_key_do_not_deadlock()
    {
        // The row with the first key moves to the end of the table, where a list without an order would meet it last:
        // having locked the second row already, which the other one wants next.
        await database.ExecuteAsync("UPDATE bookings SET \"Guest\" = \"Guest\" WHERE \"Id\" = 10");
        await using var one = database.Open();
        Assert.NotEqual(10, (await one.Bookings.AsNoTracking().ToListAsync())[0].Id);
        await using var first = await one.Database.BeginTransactionAsync();
        await one.Bookings.ForNoKeyUpdate().SingleAsync(b => b.Id == 10);

        await using var two = database.Open();
        await using var second = await two.Database.BeginTransactionAsync();
        var waiting = two.Bookings.OrderBy(b => b.Id).ForNoKeyUpdate().ToListAsync();
        await database.UntilSomebodyWaitsAsync();

        await one.Bookings.ForNoKeyUpdate().SingleAsync(b => b.Id == 11);
        await first.CommitAsync();
        Assert.Equal([10, 11], (await waiting).Take(2).Select(b => b.Id));
    }

    [Fact]
    public async Task At_repeatable_read_a_row_that_changed_during_the_wait_is_an_error()
    {
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        (await holder.Folders.ForUpdate().SingleAsync(f => f.Id == 1)).Size = 77;

        await using var waiter = database.Open();
        await using var transaction = await waiter.Database.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        await waiter.Promoters.ToListAsync();
        var waiting = waiter.Folders.ForUpdate().SingleAsync(f => f.Id == 1);
        await database.UntilSomebodyWaitsAsync();
        await holder.SaveChangesAsync();
        await held.CommitAsync();

        var error = await Assert.ThrowsAnyAsync<Exception>(() => waiting);
        Assert.Equal("40001", (error as Npgsql.PostgresException ?? error.InnerException as Npgsql.PostgresException)?.SqlState);
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_nothing_locked()
    {
        await using var holder = database.Open();
        await using var held = await holder.Database.BeginTransactionAsync();
        await holder.Folders.ForUpdate().SingleAsync(f => f.Id == 1);

        using var cancellation = new CancellationTokenSource();
        await using (var waiter = database.Open())
        {
            await using var transaction = await waiter.Database.BeginTransactionAsync();
            var waiting = waiter.Folders.ForUpdate().SingleAsync(f => f.Id == 1, cancellation.Token);
            await database.UntilSomebodyWaitsAsync();
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        await held.RollbackAsync();
        Assert.Empty(await database.LockedAsync("folders"));
    }
}
