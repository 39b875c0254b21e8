using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tickets;

/// <summary>
/// Makes a hold the buyer's for good, if its time is not over. It contends on the event, as the booking that would
/// take the places after the hold's expiry does: one of the two comes first.
/// </summary>
internal sealed class ConfirmBooking(IGuard<SystemDb> guard) : TicketOperation<ConfirmBooking.Request, ConfirmBooking.State, BookingModel>(guard)
{
    public override string Name => "confirm-booking";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Event(request.EventId)];

    public override async Task<State> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        new(await EventRows.TakeAsync(scope, requests.Select(request => request.EventId), cancellationToken));

    public override async Task LoadRelatedAsync(OperationScope<SystemDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        state.Due = await DueHolds.SettleAsync(scope, state.Events, cancellationToken);
        state.Bookings = await EventRows.BookingsAsync(scope.Context, state.Events, requests.Select(request => (request.EventId, request.BookingId)), cancellationToken);
        state.Seats = await EventRows.SeatsOfAsync(scope.Context, state.Bookings.Values, cancellationToken);
    }

    public override Outcome<BookingModel> Decide(State state, Request request, DateTimeOffset now)
    {
        if (state.Due.AreLeft(request.EventId))
        {
            return Outcome<BookingModel>.Unsettled;
        }

        var booking = state.Due.Find(request.EventId, request.BookingId) ?? state.Bookings.GetValueOrDefault((request.EventId, request.BookingId));
        if (booking is not null && request.Identity.Key is { } key && key == booking.ConfirmIdempotencyKey)
        {
            return Outcome<BookingModel>.Replay(BookingModel.AtConfirmation(booking));
        }

        if (BookingRules.RefusalToConfirm(booking, state.Seats[request.BookingId].Count(), now) is { } refusal)
        {
            return refusal;
        }

        if (booking!.Status == BookingStatus.Held)
        {
            BookingRules.Confirm(state.Events[request.EventId], booking, request.Identity, now);
            state.Confirmed.Add(booking);
            foreach (var seat in state.Seats[booking.Id])
            {
                seat.HeldUntil = null;
                state.ConfirmedSeats.Add(seat);
            }
        }

        return BookingModel.AtConfirmation(booking);
    }

    protected override void Save(BulkBatch bulk, State state)
    {
        bulk.Update(state.Confirmed.Select(booking => state.Events[booking.EventId]).Union(state.Due.Changed), @event => new { @event.Booked, @event.Held, @event.DecidedAt });
        state.Due.AddTo(bulk);
        bulk.Update(state.Confirmed, booking => new { booking.Status, booking.ConfirmedAt, booking.ConfirmIdempotencyKey });
        bulk.Update(state.ConfirmedSeats, seat => new { seat.HeldUntil });
    }

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(Guid EventId, Guid BookingId, Identity Identity);

    /// <summary>The events by id, and the bookings of the requests.</summary>
    internal sealed class State(Dictionary<Guid, TicketEvent> events)
    {
        public Dictionary<Guid, TicketEvent> Events { get; } = events;

        public DueHolds Due { get; set; } = new();

        public Dictionary<(Guid EventId, Guid Id), Booking> Bookings { get; set; } = [];

        public ILookup<Guid, Seat> Seats { get; set; } = Enumerable.Empty<Seat>().ToLookup(_ => Guid.Empty);

        public List<Booking> Confirmed { get; } = [];

        public List<Seat> ConfirmedSeats { get; } = [];
    }
}
