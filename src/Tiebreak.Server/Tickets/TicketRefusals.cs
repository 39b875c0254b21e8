using System.Text.Json.Nodes;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Http.Problems;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Tickets;

/// <summary>What the tickets answer with when the answer is no.</summary>
internal static class TicketRefusals
{
    public static readonly ProblemKind EventNotFound = new("event-not-found", 404, "There is no such event.",
        "No event has this id. Ids are given out by `POST /v1/events`.");

    public static readonly ProblemKind SeatNotFound = new("seat-not-found", 404, "There is no such seat.",
        "The event has no seat of that name. Names are compared as written; `GET /v1/events/{eventId}/seats` lists them.")
    {
        Members = [new ProblemMember("seats", "The names that the event does not have.", new JsonArray("A1"))],
    };

    public static readonly ProblemKind BookingNotFound = new("booking-not-found", 404, "There is no such booking.",
        "The event has no booking with this id. Ids are given out by `POST /v1/events/{eventId}/bookings`.");

    public static readonly ProblemKind SoldOut = new("sold-out", 409, "There are not enough places left.",
        "Fewer places are free than were asked for, and a booking gets all of them or none. Ask for fewer, or again later: places come back when holds expire and bookings are cancelled.")
    {
        Members = [new ProblemMember("available", "How many places were free when the request got its turn.", 1)],
    };

    public static readonly ProblemKind SeatTaken = new("seat-taken", 409, "A seat is taken.",
        "Somebody holds or has booked at least one of the seats, and a booking gets all of them or none. Choose others in place of those.")
    {
        Members = [new ProblemMember("seats", "Those of the seats that are taken.", new JsonArray("A1"))],
    };

    public static readonly ProblemKind BuyerLimit = new("buyer-limit", 409, "The buyer would have too many places.",
        "The event bounds how many places one buyer holds and has booked at a time. Ask for fewer, or cancel some.")
    {
        Members = [new ProblemMember("maxPerBuyer", "The most places that one buyer may have.", 4)],
    };

    public static readonly ProblemKind HoldExpired = new("hold-expired", 410, "The hold has expired.",
        "The time to confirm was over when the request got its turn, and the places are free for others. Book again.");

    public static readonly ProblemKind BookingCancelled = new("booking-cancelled", 410, "The booking was cancelled.",
        "Its places were given back. Book again.");

    public static IReadOnlyList<ProblemKind> All { get; } =
        [EventNotFound, SeatNotFound, BookingNotFound, SoldOut, SeatTaken, BuyerLimit, HoldExpired, BookingCancelled];

    /// <summary>The body does not fit the event: what only shows once the event is known.</summary>
    public static Refusal DoesNotFit(string pointer, string detail) =>
        new(HttpProblems.InvalidRequest, ("errors", new[] { new RequestError(detail, pointer) }));
}
