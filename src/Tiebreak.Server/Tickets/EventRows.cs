using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Tickets;

/// <summary>The rows that every change of places is guarded by.</summary>
internal static class EventRows
{
    /// <summary>Takes the events, one statement each in sorted order; those that do not exist are left out.</summary>
    public static async Task<Dictionary<Guid, TicketEvent>> TakeAsync(OperationScope<TiebreakDb> scope, IEnumerable<Guid> eventIds, CancellationToken cancellationToken)
    {
        var taken = new Dictionary<Guid, TicketEvent>();
        foreach (var id in eventIds.Distinct().Order())
        {
            if (await scope.ReadSubjectsAsync(scope.Context.Events.Where(@event => @event.Id == id), cancellationToken) is [var @event])
            {
                taken.Add(id, @event);
            }
        }

        return taken;
    }

    /// <summary>The bookings that are asked for, of the events that were taken.</summary>
    public static async Task<Dictionary<(Guid EventId, Guid Id), Booking>> BookingsAsync(
        TiebreakDb db, IEnumerable<Guid> takenEventIds, IEnumerable<(Guid EventId, Guid BookingId)> asked, CancellationToken cancellationToken)
    {
        var bookings = new Dictionary<(Guid EventId, Guid Id), Booking>();
        var idsByEvent = asked.ToLookup(one => one.EventId, one => one.BookingId);
        foreach (var eventId in takenEventIds)
        {
            var ids = idsByEvent[eventId].Distinct().ToArray();
            await foreach (var booking in db.Bookings.Where(booking => booking.EventId == eventId && ids.Contains(booking.Id)).AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                bookings.Add((eventId, booking.Id), booking);
            }
        }

        return bookings;
    }
}
