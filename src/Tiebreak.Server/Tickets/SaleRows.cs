using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tickets;

/// <summary>What the bookings of a batch look at: one statement a kind for all their events, and none where nothing can be found.</summary>
internal static class SaleRows
{
    // How many holds that are over a request writes down beside those whose places it needs, so that they never pile up.
    private const int SpareExpiries = 20;

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
    public static async Task LoadBuyersAsync(SystemDb db, IReadOnlyDictionary<Guid, Sale> sales, IReadOnlyList<BookTickets.Request> requests, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var buyers = requests.Where(request => sales[request.EventId].Event.MaxPerBuyer is not null).Select(request => (request.EventId, request.Wish.BuyerId)).Distinct().ToList();
        if (buyers.Count > 0)
        {
            var events = buyers.Select(one => one.EventId).ToArray();
            var ids = buyers.Select(one => one.BuyerId).ToArray();

            // The first condition on the status is that of the index.
            await foreach (var bought in db.Database.SqlQuery<Bought>(
                $"""
                 SELECT booking.event_id AS "EventId", booking.buyer_id AS "BuyerId", sum(booking.quantity)::integer AS "Places"
                 FROM unnest({events}, {ids}) AS asked (event_id, buyer_id) JOIN bookings AS booking USING (event_id, buyer_id)
                 WHERE booking.status IN (0, 1) AND (booking.status = 1 OR booking.hold_expires_at > {now})
                 GROUP BY booking.event_id, booking.buyer_id
                 """).AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                sales[bought.EventId].PlacesByBuyer.Add(bought.BuyerId, bought.Places);
            }
        }
    }

    /// <summary>
    /// Takes the oldest holds that are over off the events' counters: at most as many as places are asked for, and a
    /// few. Each frees one place or more, so either every request gets its places or none of these holds is left
    /// uncounted; and however many there are, a request writes no more than its part of them.
    /// </summary>
    public static async Task ExpireAsync(SystemDb db, IReadOnlyDictionary<Guid, Sale> sales, IReadOnlyList<BookTickets.Request> requests, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var holding = requests.GroupBy(request => request.EventId).Where(of => sales[of.Key].Event.Held > 0)
            .Select(of => (Id: of.Key, AtMost: of.Sum(request => (long)request.Wish.Quantity) + SpareExpiries)).ToList();
        if (holding.Count > 0)
        {
            var events = holding.Select(one => one.Id).ToArray();
            var limits = holding.Select(one => one.AtMost).ToArray();
            await foreach (var over in db.Set<Booking>().FromSql(
                $"""
                 SELECT booking.* FROM unnest({events}, {limits}) AS asked (event_id, at_most) CROSS JOIN LATERAL (
                     SELECT * FROM bookings WHERE bookings.event_id = asked.event_id AND status = 0 AND hold_expires_at <= {now}
                     ORDER BY hold_expires_at LIMIT asked.at_most) AS booking
                 """).AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                over.Status = BookingStatus.Expired;
                var sale = sales[over.EventId];
                sale.Event.Held -= over.Quantity;
                sale.Expired.Add(over);
            }
        }
    }

    private sealed record Bought(Guid EventId, string BuyerId, int Places);
}
