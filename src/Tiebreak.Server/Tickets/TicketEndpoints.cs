using Tiebreak.Server.Http;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Http.OpenApi;
using Tiebreak.Server.Http.Paging;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tickets;

/// <summary>The routes of events, seats and bookings.</summary>
internal static class TicketEndpoints
{
    public static IServiceCollection AddTickets(this IServiceCollection services) => services
        .AddSingleton<CreateEvent>()
        .AddSingleton<BookTickets>()
        .AddSingleton<ConfirmBooking>()
        .AddSingleton<CancelBooking>()
        .AddSingleton<TicketQueries>()
        .AddSingleton<IReconcile, TicketReconcile>();

    public static void MapTickets(this IEndpointRouteBuilder routes)
    {
        var events = routes.MapGroup("/v1/events").WithTags("Events and bookings");
        events.MapPost("/", CreateEventAsync).Takes<CreateEventBody>().Gives(TicketExamples.Event, TicketJson.Default.EventModel, 201, isLocated: true)
            .WithSummary("Makes an event");
        events.MapGet("/", ListEventsAsync).GivesPages(TicketExamples.Event, TicketJson.Default.PageEventModel)
            .WithSummary("Lists the events, newest first");
        events.MapGet("/{eventId}", GetEventAsync).Gives(TicketExamples.Event, TicketJson.Default.EventModel).Refuses(TicketRefusals.EventNotFound)
            .WithSummary("Shows an event");
        events.MapGet("/{eventId}/seats", ListSeatsAsync).GivesPages(TicketExamples.Seat, TicketJson.Default.PageSeatModel).Refuses(TicketRefusals.EventNotFound)
            .WithSummary("Lists an event's seats in their order");
        events.MapPost("/{eventId}/bookings", BookTicketsAsync).Takes<BookTicketsBody>().Gives(TicketExamples.Booking, TicketJson.Default.BookingModel, 201)
            .Refuses(TicketRefusals.EventNotFound, TicketRefusals.SeatNotFound, TicketRefusals.BuyerLimit, TicketRefusals.SeatTaken, TicketRefusals.SoldOut)
            .WithSummary("Books or holds places");
        events.MapGet("/{eventId}/bookings", ListBookingsAsync).GivesPages(TicketExamples.Booking, TicketJson.Default.PageBookingModel).Refuses(TicketRefusals.EventNotFound)
            .WithSummary("Lists an event's bookings that hold or have booked places, newest first");
        events.MapPost("/{eventId}/bookings/{bookingId}/confirm", ConfirmBookingAsync).Takes<ConfirmBookingBody>().Gives(TicketExamples.Confirmed, TicketJson.Default.BookingModel)
            .Refuses(TicketRefusals.BookingNotFound, TicketRefusals.HoldExpired, TicketRefusals.BookingCancelled)
            .WithSummary("Confirms a hold");
        events.MapDelete("/{eventId}/bookings/{bookingId}", CancelBookingAsync).Gives(204).Refuses(TicketRefusals.BookingNotFound)
            .WithSummary("Cancels a booking; its places are free again");
    }

    private static async Task<IResult> CreateEventAsync(RequestBody<CreateEventBody> body, CreateEvent create, CancellationToken cancellationToken)
    {
        var (name, capacity, seats, maxPerBuyer) = body.Value;
        var request = new CreateEvent.Request(name, seats?.Length ?? capacity!.Value, seats, maxPerBuyer, body.Identity);
        return (await create.RunAsync(request, cancellationToken)).Created(TicketJson.Default.EventModel, @event => $"/v1/events/{@event.Id:d}");
    }

    private static async Task<IResult> ListEventsAsync(PageQuery page, TicketQueries queries, CancellationToken cancellationToken) =>
        TypedResults.Json(await queries.EventsAsync(page, cancellationToken), TicketJson.Default.PageEventModel);

    private static async Task<IResult> GetEventAsync(ServerId eventId, TicketQueries queries, CancellationToken cancellationToken) =>
        OutcomeResult.Found(await queries.EventAsync(eventId.Value, cancellationToken), TicketJson.Default.EventModel, TicketRefusals.EventNotFound);

    private static async Task<IResult> ListSeatsAsync(ServerId eventId, PageQuery page, TicketQueries queries, CancellationToken cancellationToken) =>
        OutcomeResult.Found(await queries.SeatsAsync(eventId.Value, page, cancellationToken), TicketJson.Default.PageSeatModel, TicketRefusals.EventNotFound);

    private static async Task<IResult> BookTicketsAsync(ServerId eventId, RequestBody<BookTicketsBody> body, BookTickets book, CancellationToken cancellationToken) =>
        (await book.RunAsync(new BookTickets.Request(eventId.Value, body.Value.ToWish(), body.Identity), cancellationToken)).Created(TicketJson.Default.BookingModel);

    private static async Task<IResult> ListBookingsAsync(ServerId eventId, string[]? buyerId, PageQuery page, TicketQueries queries, CancellationToken cancellationToken) =>
        OutcomeResult.Found(await queries.BookingsAsync(eventId.Value, OneBuyer(buyerId), page, cancellationToken), TicketJson.Default.PageBookingModel, TicketRefusals.EventNotFound);

    private static async Task<IResult> ConfirmBookingAsync(ServerId eventId, ServerId bookingId, RequestBody<ConfirmBookingBody> body, ConfirmBooking confirm, CancellationToken cancellationToken) =>
        (await confirm.RunAsync(new ConfirmBooking.Request(eventId.Value, bookingId.Value, body.Identity), cancellationToken)).Ok(TicketJson.Default.BookingModel);

    private static async Task<IResult> CancelBookingAsync(ServerId eventId, ServerId bookingId, CancelBooking cancel, CancellationToken cancellationToken) =>
        (await cancel.RunAsync(new CancelBooking.Request(eventId.Value, bookingId.Value), cancellationToken)).NoContent();

    /// <summary>The list's filter; <see langword="null"/> when it was left out.</summary>
    /// <exception cref="InvalidRequestException">It is no id, or there is more than one.</exception>
    private static string? OneBuyer(string[]? buyerId) => buyerId switch
    {
        null or [] => null,
        [var one] => CallerId.Check(one, nameof(buyerId)),
        _ => throw new InvalidRequestException(new RequestError("This is given once.", Parameter: nameof(buyerId))),
    };
}
