using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Tickets;

/// <summary>A buyer gets every place or seat that they asked for, or none. It contends on the event.</summary>
internal sealed class BookTickets(IGuard<TiebreakDb> guard) : SystemOperation<BookTickets.Request, BookTickets.State, Outcome<BookingModel>>(guard)
{
    /// <summary>How many holds that are over a request writes down beside those whose places it needs, so that they never pile up.</summary>
    private const int SpareExpiries = 20;

    public override string Name => "book-tickets";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Event(request.EventId)];

    public override async Task<State> LoadSubjectsAsync(OperationScope<TiebreakDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        new((await EventRows.TakeAsync(scope, requests.Select(request => request.EventId), cancellationToken)).Values);

    public override async Task LoadRelatedAsync(OperationScope<TiebreakDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        foreach (var sale in state.Sales.Values)
        {
            var own = requests.Where(request => request.EventId == sale.Event.Id).ToList();
            await LoadFirstAnswersAsync(scope.Context, sale, own, cancellationToken);
            await LoadSeatsAsync(scope.Context, sale, own, cancellationToken);
            await LoadBuyersAsync(scope.Context, sale, own, scope.Now, cancellationToken);
            await ExpireAsync(scope.Context, sale, own, scope.Now, cancellationToken);
        }
    }

    public override Outcome<BookingModel> Decide(State state, Request request, DateTimeOffset now)
    {
        if (!state.Sales.TryGetValue(request.EventId, out var sale))
        {
            return new Refusal(TicketRefusals.EventNotFound);
        }

        if (request.Identity.Key is { } key && sale.ByKey.TryGetValue(key, out var first))
        {
            return Outcome<BookingModel>.Again(request.Identity, first.PayloadHash, () => BookingModel.AtCreation(first));
        }

        if (BookingRules.RefusalToBook(sale.Event, request.Wish, sale.Seats, sale.PlacesByBuyer.GetValueOrDefault(request.Wish.BuyerId), now) is { } refusal)
        {
            return refusal;
        }

        var booking = BookingRules.Book(sale.Event, request.Wish, sale.Seats, request.Identity, now);
        sale.Add(booking);
        return BookingModel.AtCreation(booking);
    }

    public override async Task SaveAsync(OperationScope<TiebreakDb> scope, State state, CancellationToken cancellationToken)
    {
        var db = scope.Context;
        foreach (var sale in state.Sales.Values)
        {
            var eventId = sale.Event.Id;
            if (sale.Expired.Count > 0)
            {
                await db.Bookings.Where(booking => booking.EventId == eventId && sale.Expired.Contains(booking.Id))
                    .ExecuteUpdateAsync(set => set.SetProperty(booking => booking.Status, BookingStatus.Expired), cancellationToken);
            }

            foreach (var booking in sale.New.Where(booking => booking.Seats is not null))
            {
                await db.Seats.Where(seat => seat.EventId == eventId && booking.Seats!.Contains(seat.Name)).ExecuteUpdateAsync(
                    set => set.SetProperty(seat => seat.BookingId, booking.Id).SetProperty(seat => seat.HeldUntil, booking.HoldExpiresAt), cancellationToken);
            }

            db.Bookings.AddRange(sale.New);
        }

        await base.SaveAsync(scope, state, cancellationToken);
    }

    private static async Task LoadFirstAnswersAsync(TiebreakDb db, Sale sale, List<Request> requests, CancellationToken cancellationToken)
    {
        var keys = requests.Where(request => request.Identity.Key is not null).Select(request => request.Identity.Key).Distinct(StringComparer.Ordinal).ToArray();
        if (keys.Length > 0)
        {
            await foreach (var first in db.Bookings.AsNoTracking().Where(booking => booking.EventId == sale.Event.Id && booking.IdempotencyKey != null && keys.Contains(booking.IdempotencyKey))
                .AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                sale.ByKey.Add(first.IdempotencyKey!, first);
            }
        }
    }

    private static async Task LoadSeatsAsync(TiebreakDb db, Sale sale, List<Request> requests, CancellationToken cancellationToken)
    {
        var names = requests.SelectMany(request => request.Wish.Seats ?? []).Distinct(StringComparer.Ordinal).ToArray();
        if (sale.Event.Seated && names.Length > 0)
        {
            sale.Seats = await db.Seats.AsNoTracking().Where(seat => seat.EventId == sale.Event.Id && names.Contains(seat.Name))
                .ToDictionaryAsync(seat => seat.Name, StringComparer.Ordinal, cancellationToken);
        }
    }

    /// <summary>Adds up a buyer's own bookings only where the event bounds them, which bounds how many there are.</summary>
    private static async Task LoadBuyersAsync(TiebreakDb db, Sale sale, List<Request> requests, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (sale.Event.MaxPerBuyer is not null)
        {
            var buyers = requests.Select(request => request.Wish.BuyerId).Distinct(StringComparer.Ordinal).ToArray();
            sale.PlacesByBuyer = await db.Bookings.LiveOf(sale.Event.Id, now).Where(booking => buyers.Contains(booking.BuyerId))
                .GroupBy(booking => booking.BuyerId)
                .Select(of => new { of.Key, Places = of.Sum(booking => booking.Quantity) })
                .ToDictionaryAsync(of => of.Key, of => of.Places, StringComparer.Ordinal, cancellationToken);
        }
    }

    /// <summary>
    /// Takes the oldest holds that are over off the event's counter: at most as many as places are asked for, and a
    /// few. Each frees one place or more, so either every request gets its places or none of these holds is left
    /// uncounted; and however many there are, a request writes no more than its part of them.
    /// </summary>
    private static async Task ExpireAsync(TiebreakDb db, Sale sale, List<Request> requests, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (sale.Event.Held == 0)
        {
            return;
        }

        var atMost = requests.Sum(request => request.Wish.Quantity) + SpareExpiries;
        var over = await db.Bookings.Where(booking => booking.EventId == sale.Event.Id && booking.Status == BookingStatus.Held && booking.HoldExpiresAt <= now)
            .OrderBy(booking => booking.HoldExpiresAt).Take(atMost).Select(booking => new { booking.Id, booking.Quantity }).ToListAsync(cancellationToken);
        sale.Expired.AddRange(over.Select(booking => booking.Id));
        sale.Event.Held -= over.Sum(booking => booking.Quantity);
    }

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(Guid EventId, Wish Wish, Identity Identity);

    /// <summary>The events by id, each with what hangs on its requests.</summary>
    internal sealed class State(IEnumerable<TicketEvent> events)
    {
        public Dictionary<Guid, Sale> Sales { get; } = events.ToDictionary(@event => @event.Id, @event => new Sale(@event));
    }

    /// <summary>One event, with the seats and buyers of its requests.</summary>
    internal sealed class Sale(TicketEvent @event)
    {
        public TicketEvent Event { get; } = @event;

        public Dictionary<string, Booking> ByKey { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, Seat> Seats { get; set; } = [];

        public Dictionary<string, int> PlacesByBuyer { get; set; } = [];

        public List<Guid> Expired { get; } = [];

        public List<Booking> New { get; } = [];

        public void Add(Booking booking)
        {
            New.Add(booking);
            PlacesByBuyer[booking.BuyerId] = PlacesByBuyer.GetValueOrDefault(booking.BuyerId) + booking.Quantity;
            if (booking.IdempotencyKey is { } key)
            {
                ByKey.Add(key, booking);
            }
        }
    }
}
