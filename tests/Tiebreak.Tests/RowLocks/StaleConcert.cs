using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Tests.RowLocks;

/// <summary>A context that tracks a concert whose row somebody else has changed since, inside a transaction.</summary>
internal sealed record StaleConcert(ConcertContext Context, Concert Concert) : IAsyncDisposable
{
    private static int _lastId = 1000;

    public static async Task<StaleConcert> ReadAsync(
        ConcertDatabase database, bool hall = true, Action<DbContextOptionsBuilder<ConcertContext>>? configure = null)
    {
        var id = Interlocked.Increment(ref _lastId);
        await using (var seed = database.Open())
        {
            seed.Add(new Promoter
            {
                Id = id,
                Concerts =
                {
                    new Concert { Id = id, Name = "Old", Places = 5, Hall = hall ? new Address { City = "Bern" } : null, Bookings = { new Booking { Id = id } } },
                },
            });
            await seed.SaveChangesAsync();
        }

        var context = database.Open(configure: configure);
        var concert = await context.Concerts.AsTracking().SingleAsync(c => c.Id == id);
        await database.ExecuteAsync($"""
            UPDATE concerts SET "Name" = 'New', "Taken" = 7, "Status" = 'SoldOut', "Note" = 'seen', "Labels" = ARRAY['late'],
                "Hall_City" = 'Basel', "Terms_Currency" = 'CHF' WHERE "Id" = {id}
            """);
        await context.Database.BeginTransactionAsync();
        return new StaleConcert(context, concert);
    }

    public ValueTask DisposeAsync() => Context.DisposeAsync();
}
