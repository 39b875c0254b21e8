using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tickets;

/// <summary>Gives a booking's places back, once. It contends on the event; a booking without places stays as it is.</summary>
internal sealed class CancelBooking(IGuard<SystemDb> guard) : TicketOperation<CancelBooking.Request, CancelBooking.State, Done>(guard)
{
    public override string Name => "cancel-booking";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Event(request.EventId)];

    public override async Task<State> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        new(await EventRows.TakeAsync(scope, requests.Select(request => request.EventId), cancellationToken));

    public override async Task LoadRelatedAsync(OperationScope<SystemDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        state.Due = await DueHolds.SettleAsync(scope, state.Events, cancellationToken);
        state.Bookings = await EventRows.BookingsAsync(scope.Context, state.Events, requests.Select(request => (request.EventId, request.BookingId)), cancellationToken);
        state.Seats = await EventRows.SeatsOfAsync(scope.Context, state.Bookings.Values, cancellationToken);
    }

    public override Outcome<Done> Decide(State state, Request request, DateTimeOffset now)
    {
        if (state.Due.AreLeft(request.EventId))
        {
            return Outcome<Done>.Unsettled;
        }

        if ((state.Due.Find(request.EventId, request.BookingId) ?? state.Bookings.GetValueOrDefault((request.EventId, request.BookingId))) is not { } booking)
        {
            return new Refusal(TicketRefusals.BookingNotFound);
        }

        if (BookingRules.Free(state.Events[request.EventId], booking, now))
        {
            state.Freed.Add(booking);
            foreach (var seat in state.Seats[booking.Id])
            {
                (seat.BookingId, seat.HeldUntil) = (null, null);
                state.FreedSeats.Add(seat);
            }
        }

        return Done.Instance;
    }

    protected override void Save(BulkBatch bulk, State state)
    {
        bulk.Update(state.Freed.Select(booking => state.Events[booking.EventId]).Union(state.Due.Changed), @event => new { @event.Booked, @event.Held, @event.DecidedAt });
        state.Due.AddTo(bulk);
        bulk.Update(state.Freed, booking => new { booking.Status });
        bulk.Update(state.FreedSeats, seat => new { seat.BookingId, seat.HeldUntil });
    }

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(Guid EventId, Guid BookingId);

    /// <summary>The events by id, and the bookings of the requests.</summary>
    internal sealed class State(Dictionary<Guid, TicketEvent> events)
    {
        public Dictionary<Guid, TicketEvent> Events { get; } = events;

        public DueHolds Due { get; set; } = new();

        public Dictionary<(Guid EventId, Guid Id), Booking> Bookings { get; set; } = [];

        /// <summary>By the booking that has them: after a hold's expiry a seat may be somebody else's already.</summary>
        public ILookup<Guid, Seat> Seats { get; set; } = Enumerable.Empty<Seat>().ToLookup(_ => Guid.Empty);

        public List<Booking> Freed { get; } = [];

        public List<Seat> FreedSeats { get; } = [];
    }
}
