using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks;

/// <summary>EF Core's own retry, which must still recognise what went wrong in a locked query.</summary>
public sealed class DeadlockRetryTests(ConcertDatabase database) : IClassFixture<ConcertDatabase>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EnableRetryOnFailure_tries_the_victim_of_a_deadlock_again(bool bounded)
    {
        var wait = bounded ? RowLockWait.UpTo(TimeSpan.FromSeconds(30)) : RowLockWait.Default;
        var attempts = new ConcurrentBag<int>();
        TaskCompletionSource[] holding = [new(), new()];

        await Task.WhenAll(TakeAsync(0, 1, 2), TakeAsync(1, 2, 1));

        // Three where the victim comes back at a good moment; on a busy machine it may meet the other one again.
        Assert.InRange(attempts.Count, 3, 12);
        await using var after = database.Open();
        Assert.All(await after.Concerts.Where(c => c.Id <= 2).ToListAsync(), concert => Assert.Equal(2, concert.Taken));
        await after.Concerts.ExecuteUpdateAsync(s => s.SetProperty(c => c.Taken, 0));

        async Task TakeAsync(int me, int first, int second)
        {
            await using var outer = Open();
            await outer.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
            {
                attempts.Add(me);
                await using var context = Open();
                await using var transaction = await context.Database.BeginTransactionAsync();
                await context.Database.ExecuteSqlRawAsync("SET LOCAL deadlock_timeout = '20ms'");
                (await context.Concerts.ForNoKeyUpdate(wait).SingleAsync(c => c.Id == first)).Taken++;
                await context.SaveChangesAsync();
                holding[me].TrySetResult();
                await holding[1 - me].Task;
                (await context.Concerts.ForNoKeyUpdate(wait).SingleAsync(c => c.Id == second)).Taken++;
                await context.SaveChangesAsync();
                await transaction.CommitAsync();
            });
        }
    }

    private ConcertContext Open() => new(new DbContextOptionsBuilder<ConcertContext>()
        .UseNpgsql(database.Source, npgsql => npgsql.EnableRetryOnFailure(5, TimeSpan.FromMilliseconds(50), errorCodesToAdd: null)).UseTiebreak().Options);
}
