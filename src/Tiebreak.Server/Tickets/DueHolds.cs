using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tickets;

/// <summary>
/// The holds whose time is over, written down before anything is decided about their events: oldest first, so many in a
/// transaction. Whoever takes over from an expired hold does it in the transaction that marks it.
/// </summary>
internal sealed class DueHolds
{
    /// <summary>How many one transaction writes down at most.</summary>
    public const int AtMost = 1_000;

    private readonly List<Booking> _expired = [];
    private readonly Dictionary<(Guid EventId, Guid Id), Booking> _byId = [];
    private readonly HashSet<TicketEvent> _changed = [];
    private readonly HashSet<Guid> _unsettled = [];

    /// <summary>Whether more are due under the event than this transaction writes down: nothing may be decided about it yet.</summary>
    public bool AreLeft(Guid eventId) => _unsettled.Contains(eventId);

    /// <summary>The booking as it was written down here, if it was.</summary>
    public Booking? Find(Guid eventId, Guid bookingId) => _byId.GetValueOrDefault((eventId, bookingId));

    /// <summary>The events whose counters change.</summary>
    public IEnumerable<TicketEvent> Changed => _changed;

    /// <summary>Takes what is due off the events' counters.</summary>
    public static async Task<DueHolds> SettleAsync(OperationScope<SystemDb> scope, IReadOnlyDictionary<Guid, TicketEvent> events, CancellationToken cancellationToken)
    {
        var settled = new DueHolds();
        var holding = events.Values.Where(@event => @event.Held > 0).ToList();
        if (holding.Count == 0)
        {
            return settled;
        }

        var ids = holding.Select(@event => @event.Id).ToArray();
        var times = holding.Select(@event => scope.TimeOf(Keys.Event(@event.Id))).ToArray();
        await foreach (var over in scope.Context.Set<Booking>().FromSql(
            $"""
             SELECT booking.* FROM unnest({ids}, {times}) AS asked (event_id, now) CROSS JOIN LATERAL (
                 SELECT * FROM bookings WHERE bookings.event_id = asked.event_id AND status = 0 AND hold_expires_at <= asked.now
                 ORDER BY hold_expires_at LIMIT {AtMost}) AS booking
             LIMIT {AtMost}
             """).AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            settled.Expire(events[over.EventId], over, scope.TimeOf(Keys.Event(over.EventId)));
        }

        if (settled._expired.Count == AtMost)
        {
            settled._unsettled.UnionWith(ids);
        }

        return settled;
    }

    public void AddTo(BulkBatch bulk) => bulk.Update(_expired, booking => new { booking.Status });

    private void Expire(TicketEvent @event, Booking booking, DateTimeOffset now)
    {
        BookingRules.Expire(@event, booking, now);
        _expired.Add(booking);
        _byId.Add((booking.EventId, booking.Id), booking);
        _changed.Add(@event);
    }
}
