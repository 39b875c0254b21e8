using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Tickets;

namespace Tiebreak.Server.Races.Tests;

/// <summary>What can happen to an event with one place or seat left, one booking and one hold.</summary>
internal static class TicketOperations
{
    public static readonly string[] Given =
    [
        $"INSERT INTO events VALUES ('{Event}', 'Talk', 3, 1, 1, NULL, false, '2026-01-01Z'), ('{Seated}', 'Play', 3, 1, 0, NULL, true, '2026-01-01Z')",
        $"""
        INSERT INTO bookings VALUES
            ('{Event}', '{Booked}', 'zoe', 1, NULL, 1, NULL, '2026-01-02Z', '2026-01-02Z'),
            ('{Event}', '{Held}', 'yan', 1, NULL, 0, '2099-01-01Z', '2026-01-02Z', NULL),
            ('{Seated}', '{SeatBooked}', 'zoe', 1, ARRAY['A1'], 1, NULL, '2026-01-02Z', '2026-01-02Z')
        """,
        $"INSERT INTO seats VALUES ('{Seated}', 'A1', 1, '{SeatBooked}', NULL), ('{Seated}', 'A2', 2, NULL, NULL), ('{Seated}', 'A3', 3, NULL, NULL)",
    ];

    public static readonly ServerOperation[] All =
    [
        Book("ann books the last place", Event, new Wish("ann", 1, null, null)),
        Book("ben books the last place", Event, new Wish("ben", 1, null, null)),
        Book("ann books two places", Event, new Wish("ann", 2, null, null)),
        Book("ann holds the last place", Event, new Wish("ann", 1, null, TimeSpan.FromMinutes(5))),
        Book("ann books the last place with a key", Event, new Wish("ann", 1, null, null), "key-1"),
        Cancel("a booking is cancelled", Event, Booked),
        Cancel("a hold is given back", Event, Held),
        ServerOperation.Of<ConfirmBooking, ConfirmBooking.Request, ConfirmBooking.State, BookingModel>(
            "a hold is confirmed", [Event], () => new ConfirmBooking.Request(new Guid(Event), new Guid(Held), Identity.None)),
        ServerOperation.Of<CreateEvent, CreateEvent.Request, CreateEvent.State, EventModel>(
            "an event is made with a key", ["event-key"], () => new CreateEvent.Request("Show", 10, null, null, ServerOperation.By("key-1"))),
    ];

    public static readonly ServerOperation[] Seats =
    [
        Book("ann books A2", Seated, new Wish("ann", 1, ["A2"], null)),
        Book("ben books A2 and A3", Seated, new Wish("ben", 2, ["A2", "A3"], null)),
        Book("eve books A3 and A2", Seated, new Wish("eve", 2, ["A3", "A2"], null)),
        Book("ben books A1", Seated, new Wish("ben", 1, ["A1"], null)),
        Cancel("A1 is given back", Seated, SeatBooked),
    ];

    private const string Event = "00000000-0000-7000-8000-000000000011";
    private const string Seated = "00000000-0000-7000-8000-000000000012";
    private const string Booked = "00000000-0000-7000-8000-000000000021";
    private const string Held = "00000000-0000-7000-8000-000000000022";
    private const string SeatBooked = "00000000-0000-7000-8000-000000000023";

    private static ServerOperation Book(string name, string @event, Wish wish, string? key = null) =>
        ServerOperation.Of<BookTickets, BookTickets.Request, BookTickets.State, BookingModel>(
            name, [@event], () => new BookTickets.Request(new Guid(@event), wish, ServerOperation.By(key)));

    private static ServerOperation Cancel(string name, string @event, string booking) =>
        ServerOperation.Of<CancelBooking, CancelBooking.Request, CancelBooking.State, Done>(name, [@event], () => new CancelBooking.Request(new Guid(@event), new Guid(booking)));
}
