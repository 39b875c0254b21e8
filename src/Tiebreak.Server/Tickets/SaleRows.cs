using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tickets;

/// <summary>What the bookings of a batch look at: one statement a kind for all their events, and none where nothing can be found.</summary>
internal static class SaleRows
{
    public static BulkRows<Booking> FindFirstAnswers(BulkBatch related, IReadOnlyList<BookTickets.Request> requests) => related.Find(
        requests.Where(request => request.Identity.Key is not null).Select(request => new { request.EventId, IdempotencyKey = request.Identity.Key }),
        (Booking booking) => new { booking.EventId, booking.IdempotencyKey });

    public static BulkRows<Seat> FindSeats(BulkBatch related, IReadOnlyList<BookTickets.Request> requests) => related.Find(
        requests.SelectMany(request => (request.Wish.Seats ?? []).Select(name => new { request.EventId, Name = name })),
        (Seat seat) => new { seat.EventId, seat.Name });

    /// <summary>Hands out what was found. An event that was made since the events were taken is not there to take it.</summary>
    public static void Add(IReadOnlyDictionary<Guid, Sale> sales, IEnumerable<Booking> firsts, IEnumerable<Seat> seats)
    {
        foreach (var first in firsts)
        {
            sales.GetValueOrDefault(first.EventId)?.ByKey.Add(first.IdempotencyKey!, first);
        }

        foreach (var seat in seats)
        {
            sales.GetValueOrDefault(seat.EventId)?.Seats.Add(seat.Name, seat);
        }
    }

    /// <summary>Adds up a buyer's own bookings only where the event bounds them, which bounds how many there are.</summary>
    public static async Task LoadBuyersAsync(OperationScope<SystemDb> scope, IReadOnlyDictionary<Guid, Sale> sales, IReadOnlyList<BookTickets.Request> requests, CancellationToken cancellationToken)
    {
        var buyers = requests.Where(request => sales[request.EventId].Event.MaxPerBuyer is not null).Select(request => (request.EventId, request.Wish.BuyerId)).Distinct().ToList();
        if (buyers.Count > 0)
        {
            var events = buyers.Select(one => one.EventId).ToArray();
            var times = buyers.Select(one => scope.TimeOf(Keys.Event(one.EventId))).ToArray();
            var ids = buyers.Select(one => one.BuyerId).ToArray();

            // The first condition on the status is that of the index.
            await foreach (var bought in scope.Context.Database.SqlQuery<Bought>(
                $"""
                 SELECT booking.event_id AS "EventId", booking.buyer_id AS "BuyerId", sum(booking.quantity)::integer AS "Places"
                 FROM unnest({events}, {ids}, {times}) AS asked (event_id, buyer_id, now) JOIN bookings AS booking USING (event_id, buyer_id)
                 WHERE booking.status IN (0, 1) AND (booking.status = 1 OR booking.hold_expires_at > asked.now)
                 GROUP BY booking.event_id, booking.buyer_id
                 """).AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                sales[bought.EventId].PlacesByBuyer.Add(bought.BuyerId, bought.Places);
            }
        }
    }

    private sealed record Bought(Guid EventId, string BuyerId, int Places);
}
