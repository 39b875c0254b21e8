using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tickets;

/// <summary>A buyer gets every place or seat that they asked for, or none. It contends on the event.</summary>
internal sealed class BookTickets(IGuard<SystemDb> guard) : TicketOperation<BookTickets.Request, BookTickets.State, BookingModel>(guard)
{
    public override string Name => "book-tickets";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Event(request.EventId)];

    public override int WeightOf(Request request) => 1 + (request.Wish.Seats?.Length ?? 0);

    public override async Task<State> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var related = scope.Context.Bulk();
        var firsts = SaleRows.FindFirstAnswers(related, requests);
        var seats = SaleRows.FindSeats(related, requests);
        var state = new State(await EventRows.TakeAsync(scope, requests.Select(request => request.EventId), related, cancellationToken));
        SaleRows.Add(state.Sales, firsts.Found, seats.Found);
        return state;
    }

    public override async Task LoadRelatedAsync(OperationScope<SystemDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var known = requests.Where(request => state.Sales.ContainsKey(request.EventId)).ToList();
        await SaleRows.LoadBuyersAsync(scope, state.Sales, known, cancellationToken);
        state.Due = await DueHolds.SettleAsync(scope, state.Events, cancellationToken);
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

        if (state.Due.AreLeft(request.EventId))
        {
            return Outcome<BookingModel>.Unsettled;
        }

        if (BookingRules.RefusalToBook(sale.Event, request.Wish, sale.Seats, sale.PlacesByBuyer.GetValueOrDefault(request.Wish.BuyerId), now) is { } refusal)
        {
            return refusal;
        }

        var booking = BookingRules.Book(sale.Event, request.Wish, sale.Seats, request.Identity, now);
        sale.Add(booking);
        return BookingModel.AtCreation(booking);
    }

    protected override void Save(BulkBatch bulk, State state)
    {
        var sales = state.Sales.Values.Where(sale => sale.IsChanged).ToList();
        bulk.Update(sales.Select(sale => sale.Event).Union(state.Due.Changed), @event => new { @event.Booked, @event.Held, @event.DecidedAt });
        state.Due.AddTo(bulk);
        bulk.Update(sales.SelectMany(sale => sale.TakenSeats), seat => new { seat.BookingId, seat.HeldUntil });
        bulk.Insert(sales.SelectMany(sale => sale.New));
    }

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(Guid EventId, Wish Wish, Identity Identity);

    /// <summary>The events by id, each with what hangs on its requests.</summary>
    internal sealed class State(Dictionary<Guid, TicketEvent> events)
    {
        public Dictionary<Guid, TicketEvent> Events { get; } = events;

        public Dictionary<Guid, Sale> Sales { get; } = events.ToDictionary(one => one.Key, one => new Sale(one.Value));

        public DueHolds Due { get; set; } = new();
    }
}
