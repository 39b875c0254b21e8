using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tickets;

/// <summary>The rows that every change of places is guarded by.</summary>
internal static class EventRows
{
    private static readonly Subject<TicketEvent, Guid> Events = new(@event => @event.Id, Keys.Event) { Tracked = false, DecidedAt = @event => @event.LastDecided };

    /// <summary>Takes the events in sorted order; those that do not exist are left out.</summary>
    public static Task<Dictionary<Guid, TicketEvent>> TakeAsync(OperationScope<SystemDb> scope, IEnumerable<Guid> eventIds, CancellationToken cancellationToken) =>
        TakeAsync(scope, eventIds, related: null, cancellationToken);

    /// <summary>The same, with what is read behind them.</summary>
    public static Task<Dictionary<Guid, TicketEvent>> TakeAsync(
        OperationScope<SystemDb> scope, IEnumerable<Guid> eventIds, BulkBatch? related, CancellationToken cancellationToken) =>
        scope.ReadSubjectsAsync(Events, eventIds, related, cancellationToken);

    /// <summary>The bookings that are asked for, of the events that were taken.</summary>
    public static async Task<Dictionary<(Guid EventId, Guid Id), Booking>> BookingsAsync(
        SystemDb db, Dictionary<Guid, TicketEvent> taken, IEnumerable<(Guid EventId, Guid BookingId)> asked, CancellationToken cancellationToken)
    {
        var pairs = asked.Where(one => taken.ContainsKey(one.EventId)).Distinct().ToList();
        if (pairs.Count == 0)
        {
            return [];
        }

        var events = pairs.Select(pair => pair.EventId).ToArray();
        var ids = pairs.Select(pair => pair.BookingId).ToArray();
        return await db.Set<Booking>().FromSql($"SELECT booking.* FROM unnest({events}, {ids}) AS asked (event_id, id) JOIN bookings AS booking USING (event_id, id)")
            .AsNoTracking().ToDictionaryAsync(booking => (booking.EventId, booking.Id), cancellationToken);
    }

    /// <summary>The seats of such names, of the events that were taken.</summary>
    public static async Task<List<Seat>> SeatsAsync(SystemDb db, IEnumerable<(Guid EventId, string Name)> asked, CancellationToken cancellationToken)
    {
        var pairs = asked.Distinct().ToList();
        if (pairs.Count == 0)
        {
            return [];
        }

        var events = pairs.Select(pair => pair.EventId).ToArray();
        var names = pairs.Select(pair => pair.Name).ToArray();
        return await db.Set<Seat>().FromSql($"SELECT seat.* FROM unnest({events}, {names}) AS asked (event_id, name) JOIN seats AS seat USING (event_id, name)")
            .AsNoTracking().ToListAsync(cancellationToken);
    }

    /// <summary>The seats that the bookings have, by booking. After a hold's expiry a seat may be somebody else's already: it is left out.</summary>
    public static async Task<ILookup<Guid, Seat>> SeatsOfAsync(SystemDb db, IReadOnlyCollection<Booking> bookings, CancellationToken cancellationToken)
    {
        var named = bookings.SelectMany(booking => (booking.Seats ?? []).Select(name => (booking.EventId, Name: name)));
        var ids = bookings.Select(booking => booking.Id).ToHashSet();
        return (await SeatsAsync(db, named, cancellationToken)).Where(seat => seat.BookingId is { } id && ids.Contains(id)).ToLookup(seat => seat.BookingId!.Value);
    }
}
