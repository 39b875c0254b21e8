using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Tickets;

/// <summary>
/// Makes a hold the buyer's for good, if its time is not over. It contends on the event, as the booking that would
/// take the places after the hold's expiry does: one of the two comes first.
/// </summary>
internal sealed class ConfirmBooking(IGuard<TiebreakDb> guard) : SystemOperation<ConfirmBooking.Request, ConfirmBooking.State, Outcome<BookingModel>>(guard)
{
    public override string Name => "confirm-booking";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Event(request.EventId)];

    public override async Task<State> LoadSubjectsAsync(OperationScope<TiebreakDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        new(await EventRows.TakeAsync(scope, requests.Select(request => request.EventId), cancellationToken));

    public override async Task LoadRelatedAsync(OperationScope<TiebreakDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        state.Bookings = await EventRows.BookingsAsync(scope.Context, state.Events.Keys, requests.Select(request => (request.EventId, request.BookingId)), cancellationToken);

    public override Outcome<BookingModel> Decide(State state, Request request, DateTimeOffset now)
    {
        var booking = state.Bookings.GetValueOrDefault((request.EventId, request.BookingId));
        if (booking is not null && request.Identity.Key is { } key && key == booking.ConfirmIdempotencyKey)
        {
            return Outcome<BookingModel>.Replay(BookingModel.AtConfirmation(booking));
        }

        if (BookingRules.RefusalToConfirm(booking, now) is { } refusal)
        {
            return refusal;
        }

        if (booking!.Status == BookingStatus.Held)
        {
            BookingRules.Confirm(state.Events[request.EventId], booking, request.Identity, now);
            state.Confirmed.Add(booking);
        }

        return BookingModel.AtConfirmation(booking);
    }

    public override async Task SaveAsync(OperationScope<TiebreakDb> scope, State state, CancellationToken cancellationToken)
    {
        foreach (var booking in state.Confirmed.Where(booking => booking.Seats is not null))
        {
            await scope.Context.Seats.Where(seat => seat.EventId == booking.EventId && booking.Seats!.Contains(seat.Name) && seat.BookingId == booking.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(seat => seat.HeldUntil, (DateTimeOffset?)null), cancellationToken);
        }

        await base.SaveAsync(scope, state, cancellationToken);
    }

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(Guid EventId, Guid BookingId, Identity Identity);

    /// <summary>The events by id, and the bookings of the requests.</summary>
    internal sealed class State(Dictionary<Guid, TicketEvent> events)
    {
        public Dictionary<Guid, TicketEvent> Events { get; } = events;

        public Dictionary<(Guid EventId, Guid Id), Booking> Bookings { get; set; } = [];

        public List<Booking> Confirmed { get; } = [];
    }
}
