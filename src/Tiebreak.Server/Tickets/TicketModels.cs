using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Http.Paging;

namespace Tiebreak.Server.Tickets;

/// <summary>Asks for a new event, with either so many places or named seats.</summary>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Capacity">How many places, 1 to 10,000,000; left out where seats are given.</param>
/// <param name="Seats">The seats' names, 1 to 100,000 of 1 to 200 characters, each once, in their order; left out where a capacity is given.</param>
/// <param name="MaxPerBuyer">The most places that one buyer may have at a time; no bound when it is left out.</param>
internal sealed record CreateEventBody(
    [property: Length(1, Limits.Id)] string Name,
    [property: Range(1, BookingRules.MaxCapacity)] int? Capacity = null,
    [property: Length(1, BookingRules.MaxSeats)] string[]? Seats = null,
    [property: Range(1, BookingRules.MaxCapacity)] int? MaxPerBuyer = null)
    : IRequestBody<CreateEventBody>
{
    public static string Example => """{"name": "Spring concert", "capacity": 100, "maxPerBuyer": 4}""";

    public static JsonTypeInfo<CreateEventBody> JsonType => TicketJson.Default.CreateEventBody;

    /// <summary>100,000 seats with names of up to about 40 characters.</summary>
    public static int MaxBytes => 4 * 1024 * 1024;

    public static string LargeMember => "seats";

    public static CreateEventBody Read(BodyFields fields)
    {
        var body = new CreateEventBody(
            fields.Text("name"),
            (int?)fields.OptionalWhole("capacity", 1, BookingRules.MaxCapacity),
            SeatNames.Read(fields, BookingRules.MaxSeats),
            (int?)fields.OptionalWhole("maxPerBuyer", 1, BookingRules.MaxCapacity));
        if (body.Capacity is null && body.Seats is null)
        {
            fields.Reject("capacity", "Either this or seats is required.");
        }
        else if (body.Capacity is not null && body.Seats is not null)
        {
            fields.Reject("seats", "An event has either a capacity or seats, not both.");
        }

        return body;
    }
}

/// <summary>Asks for places.</summary>
/// <param name="BuyerId">The caller's id of the person, 1 to 200 characters.</param>
/// <param name="Quantity">How many places, 1 to 1,000; 1, or the number of seats, when it is left out.</param>
/// <param name="Seats">Which seats, each once; required where the event has seats, left out where it has none.</param>
/// <param name="HoldSeconds">How long the places are held for a confirmation, 1 to 86,400; booked at once when it is left out.</param>
internal sealed record BookTicketsBody(
    [property: Length(1, Limits.Id)] string BuyerId,
    [property: Range(1, BookingRules.MaxQuantity)] int? Quantity = null,
    [property: Length(1, BookingRules.MaxQuantity)] string[]? Seats = null,
    [property: Range(1, BookingRules.MaxHoldSeconds)] int? HoldSeconds = null)
    : IRequestBody<BookTicketsBody>
{
    public static string Example => """{"buyerId": "ada", "quantity": 2, "holdSeconds": 600}""";

    public static JsonTypeInfo<BookTicketsBody> JsonType => TicketJson.Default.BookTicketsBody;

    public static BookTicketsBody Read(BodyFields fields)
    {
        var body = new BookTicketsBody(
            fields.Text("buyerId"),
            (int?)fields.OptionalWhole("quantity", 1, BookingRules.MaxQuantity),
            SeatNames.Read(fields, BookingRules.MaxQuantity),
            (int?)fields.OptionalWhole("holdSeconds", 1, BookingRules.MaxHoldSeconds));
        if (body.Quantity is { } quantity && body.Seats is { Length: > 0 } seats && quantity != seats.Length)
        {
            fields.Reject("quantity", "This is the number of the seats, or left out.");
        }

        return body;
    }

    public Wish ToWish() => new(BuyerId, Seats?.Length ?? Quantity ?? 1, Seats, HoldSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
}

/// <summary>Asks to confirm a booking; everything is said by the address.</summary>
internal sealed record ConfirmBookingBody : IRequestBody<ConfirmBookingBody>
{
    public static string Example => "{}";

    public static JsonTypeInfo<ConfirmBookingBody> JsonType => TicketJson.Default.ConfirmBookingBody;

    public static ConfirmBookingBody Read(BodyFields fields) => new();
}

/// <summary>An event.</summary>
/// <param name="Id">Made by the server.</param>
/// <param name="Name">As given.</param>
/// <param name="Capacity">How many places it has.</param>
/// <param name="Booked">How many of them are booked for good.</param>
/// <param name="Held">How many are held for a confirmation; holds that have expired do not count.</param>
/// <param name="Available">How many can be booked now.</param>
/// <param name="MaxPerBuyer">The most places that one buyer may have at a time; null when there is no bound.</param>
/// <param name="Seated">Whether the places are seats with names.</param>
/// <param name="CreatedAt">When it was made.</param>
internal sealed record EventModel(Guid Id, string Name, int Capacity, int Booked, int Held, int Available, int? MaxPerBuyer, bool Seated, DateTimeOffset CreatedAt)
{
    /// <param name="event">The event as it is stored.</param>
    /// <param name="expired">How many of its held places are free since, though nobody has written that down.</param>
    public static EventModel Of(TicketEvent @event, int expired) => new(
        @event.Id, @event.Name, @event.Capacity, @event.Booked, @event.Held - expired, BookingRules.Available(@event) + expired, @event.MaxPerBuyer, @event.Seated, @event.CreatedAt);

    /// <summary>The answer to its creation, whatever was booked since.</summary>
    public static EventModel AtCreation(TicketEvent @event) => new(
        @event.Id, @event.Name, @event.Capacity, 0, 0, @event.Capacity, @event.MaxPerBuyer, @event.Seated, @event.CreatedAt);
}

/// <summary>A seat of an event.</summary>
/// <param name="Seat">Its name.</param>
/// <param name="State">Whether it can be had.</param>
internal sealed record SeatModel(string Seat, SeatState State);

/// <summary>Whether a booking that has places has them for good.</summary>
internal enum BookingState
{
    /// <summary>Its places are kept until its hold expires.</summary>
    [JsonStringEnumMemberName("held")]
    Held,

    /// <summary>Its places are the buyer's.</summary>
    [JsonStringEnumMemberName("confirmed")]
    Confirmed,
}

/// <summary>A booking.</summary>
/// <param name="Id">Made by the server.</param>
/// <param name="EventId">The event.</param>
/// <param name="BuyerId">Whose it is.</param>
/// <param name="Quantity">How many places.</param>
/// <param name="Seats">Which seats; null where the event has none.</param>
/// <param name="Status">Whether it is held or confirmed.</param>
/// <param name="ExpiresAt">When the hold ends; null once it is confirmed.</param>
/// <param name="CreatedAt">When it was made.</param>
internal sealed record BookingModel(Guid Id, Guid EventId, string BuyerId, int Quantity, string[]? Seats, BookingState Status, DateTimeOffset? ExpiresAt, DateTimeOffset CreatedAt)
{
    public static BookingModel Of(Booking booking) => booking.Status == BookingStatus.Confirmed ? AtConfirmation(booking) : AtCreation(booking);

    /// <summary>The answer to its creation, whatever has become of it since.</summary>
    public static BookingModel AtCreation(Booking booking) => new(
        booking.Id, booking.EventId, booking.BuyerId, booking.Quantity, booking.Seats,
        booking.HoldExpiresAt is null ? BookingState.Confirmed : BookingState.Held, booking.HoldExpiresAt, booking.CreatedAt);

    /// <summary>The answer to its confirmation, whatever has become of it since.</summary>
    public static BookingModel AtConfirmation(Booking booking) => new(
        booking.Id, booking.EventId, booking.BuyerId, booking.Quantity, booking.Seats, BookingState.Confirmed, null, booking.CreatedAt);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(CreateEventBody))]
[JsonSerializable(typeof(BookTicketsBody))]
[JsonSerializable(typeof(ConfirmBookingBody))]
[JsonSerializable(typeof(EventModel))]
[JsonSerializable(typeof(BookingModel))]
[JsonSerializable(typeof(Page<EventModel>))]
[JsonSerializable(typeof(Page<SeatModel>))]
[JsonSerializable(typeof(Page<BookingModel>))]
internal sealed partial class TicketJson : JsonSerializerContext;
