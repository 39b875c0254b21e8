using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Tickets;

/// <summary>Gives a booking's places back, once. It contends on the event; a booking without places stays as it is.</summary>
internal sealed class CancelBooking(IGuard<TiebreakDb> guard) : SystemOperation<CancelBooking.Request, CancelBooking.State, Outcome<Done>>(guard)
{
    public override string Name => "cancel-booking";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Event(request.EventId)];

    public override async Task<State> LoadSubjectsAsync(OperationScope<TiebreakDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        new(await EventRows.TakeAsync(scope, requests.Select(request => request.EventId), cancellationToken));

    public override async Task LoadRelatedAsync(OperationScope<TiebreakDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        state.Bookings = await EventRows.BookingsAsync(scope.Context, state.Events.Keys, requests.Select(request => (request.EventId, request.BookingId)), cancellationToken);

    public override Outcome<Done> Decide(State state, Request request, DateTimeOffset now)
    {
        if (!state.Bookings.TryGetValue((request.EventId, request.BookingId), out var booking))
        {
            return new Refusal(TicketRefusals.BookingNotFound);
        }

        if (BookingRules.Free(state.Events[request.EventId], booking, now))
        {
            state.Freed.Add(booking);
        }

        return Done.Instance;
    }

    public override async Task SaveAsync(OperationScope<TiebreakDb> scope, State state, CancellationToken cancellationToken)
    {
        foreach (var booking in state.Freed.Where(booking => booking.Seats is not null))
        {
            // After the hold's expiry a seat may be somebody else's already.
            await scope.Context.Seats.Where(seat => seat.EventId == booking.EventId && booking.Seats!.Contains(seat.Name) && seat.BookingId == booking.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(seat => seat.BookingId, (Guid?)null).SetProperty(seat => seat.HeldUntil, (DateTimeOffset?)null), cancellationToken);
        }

        await base.SaveAsync(scope, state, cancellationToken);
    }

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(Guid EventId, Guid BookingId);

    /// <summary>The events by id, and the bookings of the requests.</summary>
    internal sealed class State(Dictionary<Guid, TicketEvent> events)
    {
        public Dictionary<Guid, TicketEvent> Events { get; } = events;

        public Dictionary<(Guid EventId, Guid Id), Booking> Bookings { get; set; } = [];

        public List<Booking> Freed { get; } = [];
    }
}
