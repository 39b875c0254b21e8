using Microsoft.EntityFrameworkCore;
using Tiebreak.Server.Http.Paging;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tickets;

/// <summary>What can be looked at. Reads take no lock and wait for nobody, and do not count holds whose time is over.</summary>
internal sealed class TicketQueries(IDbContextFactory<SystemDb> contexts, DecisionTime time)
{
    private const string EventList = "events";

    public async Task<EventModel?> EventAsync(Guid eventId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await WithExpired(db, db.Set<TicketEvent>().Where(@event => @event.Id == eventId), await time.NowAsync(db, cancellationToken)).SingleOrDefaultAsync(cancellationToken);
        return row is null ? null : EventModel.Of(row.Event, row.Expired);
    }

    public async Task<Page<EventModel>> EventsAsync(PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var events = db.Set<TicketEvent>().AsQueryable();
        if (page.AfterId(EventList) is { } after)
        {
            events = events.Where(@event => @event.Id < after);
        }

        var rows = await WithExpired(db, events.OrderByDescending(@event => @event.Id).Take(page.Limit + 1), await time.NowAsync(db, cancellationToken)).ToListAsync(cancellationToken);
        return Page<EventModel>.Of(rows, page.Limit, row => EventModel.Of(row.Event, row.Expired), row => new Cursor(EventList, 0, row.Event.Id.ToString("d")));
    }

    /// <summary>The event's seats in their order, none where it has only places; <see langword="null"/> when there is no such event.</summary>
    public async Task<Page<SeatModel>?> SeatsAsync(Guid eventId, PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await TimeOfAsync(db, eventId, cancellationToken) is not { } now)
        {
            return null;
        }

        var list = $"seats/{eventId:d}";
        var after = page.AfterNumber(list) ?? 0;
        var rows = await db.Set<Seat>().AsNoTracking().Where(seat => seat.EventId == eventId && seat.Position > after)
            .OrderBy(seat => seat.Position).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return Page<SeatModel>.Of(rows, page.Limit, seat => new SeatModel(seat.Name, BookingRules.StateOf(seat, now)), seat => new Cursor(list, seat.Position, string.Empty));
    }

    /// <summary>The bookings that have places, newest first; <see langword="null"/> when there is no such event.</summary>
    public async Task<Page<BookingModel>?> BookingsAsync(Guid eventId, string? buyerId, PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await TimeOfAsync(db, eventId, cancellationToken) is not { } now)
        {
            return null;
        }

        var bookings = db.Set<Booking>().AsNoTracking().LiveOf(eventId, now);
        if (buyerId is not null)
        {
            bookings = bookings.Where(booking => booking.BuyerId == buyerId);
        }

        var list = $"bookings/{eventId:d}";
        if (page.AfterId(list) is { } after)
        {
            bookings = bookings.Where(booking => booking.Id < after);
        }

        var rows = await bookings.OrderByDescending(booking => booking.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return Page<BookingModel>.Of(rows, page.Limit, BookingModel.Of, booking => new Cursor(list, 0, booking.Id.ToString("d")));
    }

    /// <summary>The time to look at an event's places, no earlier than its last decision; <see langword="null"/> when there is no such event.</summary>
    private async Task<DateTimeOffset?> TimeOfAsync(SystemDb db, Guid eventId, CancellationToken cancellationToken)
    {
        if (await db.Set<TicketEvent>().AsNoTracking().SingleOrDefaultAsync(@event => @event.Id == eventId, cancellationToken) is not { } @event)
        {
            return null;
        }

        var now = await time.NowAsync(db, cancellationToken);
        return now > @event.LastDecided ? now : @event.LastDecided;
    }

    /// <summary>Adds up what has expired since the last booking wrote that down; one statement, so that both come from one moment.</summary>
    private static IQueryable<EventRow> WithExpired(SystemDb db, IQueryable<TicketEvent> events, DateTimeOffset now) =>
        events.AsNoTracking().Select(@event => new EventRow(
            @event,
            @event.Held == 0 ? 0 : db.Set<Booking>().Where(booking => booking.EventId == @event.Id && booking.Status == BookingStatus.Held && booking.HoldExpiresAt <= (now > (@event.DecidedAt ?? @event.CreatedAt) ? now : @event.DecidedAt ?? @event.CreatedAt)).Sum(booking => booking.Quantity)));

    private sealed record EventRow(TicketEvent Event, int Expired);
}
