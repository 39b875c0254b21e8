using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Tickets;

/// <summary>The rows that every change of places is guarded by.</summary>
internal static class EventRows
{
    /// <summary>Takes the events in sorted order; those that do not exist are left out.</summary>
    public static async Task<Dictionary<Guid, TicketEvent>> TakeAsync(OperationScope<TiebreakDb> scope, IEnumerable<Guid> eventIds, CancellationToken cancellationToken)
    {
        var taken = await scope.ReadSubjectsAsync(
            eventIds, ids => scope.Context.Events.Where(@event => ids.Contains(@event.Id)).OrderBy(@event => @event.Id), cancellationToken);
        return taken.ToDictionary(@event => @event.Id);
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
