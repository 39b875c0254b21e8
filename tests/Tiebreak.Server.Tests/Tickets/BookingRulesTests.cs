using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Tickets;

namespace Tiebreak.Server.Tests.Tickets;

public sealed class BookingRulesTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Dictionary<string, Seat> NoSeats = [];

    [Theory]
    [InlineData(10, 6, 2, 2, null)]
    [InlineData(10, 6, 2, 3, "sold-out")]
    [InlineData(10, 10, 0, 1, "sold-out")]
    [InlineData(1, 0, 0, 1, null)]
    public void A_wish_is_granted_as_long_as_all_of_its_places_are_free(int capacity, int booked, int held, int quantity, string? code)
    {
        var refusal = BookingRules.RefusalToBook(Event(capacity, booked, held), Places(quantity), NoSeats, 0, Now);

        Assert.Equal(code, refusal?.Kind.Code);
        Assert.Equal(code is null ? [] : [("available", (object?)(capacity - booked - held))], refusal?.Facts ?? []);
    }

    [Theory]
    [InlineData(4, 0, 4, null)]
    [InlineData(4, 3, 1, null)]
    [InlineData(4, 3, 2, "buyer-limit")]
    [InlineData(4, 4, 1, "buyer-limit")]
    [InlineData(null, 1_000_000, 1000, null)]
    public void A_buyers_places_are_bounded_where_the_event_says_so(int? maxPerBuyer, int buyerPlaces, int quantity, string? code) =>
        Assert.Equal(code, BookingRules.RefusalToBook(Event(10_000, maxPerBuyer: maxPerBuyer), Places(quantity), NoSeats, buyerPlaces, Now)?.Kind.Code);

    [Fact]
    public void The_buyers_own_limit_is_told_before_the_lack_of_places() =>
        Assert.Equal("buyer-limit", BookingRules.RefusalToBook(Event(2, 2, maxPerBuyer: 1), Places(2), NoSeats, 0, Now)?.Kind.Code);

    [Fact]
    public void Seats_are_named_where_an_event_has_them_and_only_there()
    {
        var unnamed = BookingRules.RefusalToBook(Event(2, seated: true), Places(1), NoSeats, 0, Now);
        var named = BookingRules.RefusalToBook(Event(2), Seats("A1"), NoSeats, 0, Now);

        Assert.Equal("invalid-request", unnamed?.Kind.Code);
        Assert.Equal("invalid-request", named?.Kind.Code);
    }

    [Fact]
    public void Unknown_and_taken_seats_are_told_by_name()
    {
        var seats = Hall(Free("A1"), Booked("A2"), HeldUntil("A3", Now.AddTicks(10)), HeldUntil("A4", Now));

        var unknown = BookingRules.RefusalToBook(Event(4, seated: true), Seats("A1", "B9", "A2"), seats, 0, Now)!;
        var taken = BookingRules.RefusalToBook(Event(4, seated: true), Seats("A1", "A3", "A2"), seats, 0, Now)!;

        Assert.Equal("seat-not-found", unknown.Kind.Code);
        Assert.Equal(["B9"], Assert.IsType<string[]>(unknown.Facts.Single().Value));
        Assert.Equal("seat-taken", taken.Kind.Code);
        Assert.Equal(["A3", "A2"], Assert.IsType<string[]>(taken.Facts.Single().Value));
        Assert.Null(BookingRules.RefusalToBook(Event(4, seated: true), Seats("A1", "A4"), seats, 0, Now));
    }

    [Fact]
    public void A_hold_ends_at_its_expiry()
    {
        var @event = Event(10);
        var booking = Hold(@event, 2, seconds: 60);

        Assert.False(BookingRules.IsExpired(booking, Now.AddSeconds(60).AddTicks(-10)));
        Assert.True(BookingRules.IsExpired(booking, Now.AddSeconds(60)));
        Assert.Null(BookingRules.RefusalToConfirm(booking, booking.Quantity, Now.AddSeconds(60).AddTicks(-10)));
        Assert.Equal("hold-expired", BookingRules.RefusalToConfirm(booking, booking.Quantity, Now.AddSeconds(60))?.Kind.Code);
    }

    [Fact]
    public void Places_move_from_held_to_booked_and_are_freed_once()
    {
        var @event = Event(10);
        var booking = Hold(@event, 3, seconds: 60);
        Assert.Equal((0, 3), (@event.Booked, @event.Held));

        BookingRules.Confirm(@event, booking, Identity.None, Now);
        Assert.Equal((3, 0), (@event.Booked, @event.Held));
        Assert.Null(BookingRules.RefusalToConfirm(booking, booking.Quantity, Now.AddDays(1)));

        Assert.True(BookingRules.Free(@event, booking, Now));
        Assert.False(BookingRules.Free(@event, booking, Now));
        Assert.Equal((0, 0), (@event.Booked, @event.Held));
        Assert.Equal("booking-cancelled", BookingRules.RefusalToConfirm(booking, booking.Quantity, Now)?.Kind.Code);
    }

    [Fact]
    public void A_cancel_after_the_expiry_leaves_the_booking_expired()
    {
        var @event = Event(10);
        var booking = Hold(@event, 3, seconds: 60);

        Assert.True(BookingRules.Free(@event, booking, Now.AddSeconds(60)));

        Assert.Equal(0, @event.Held);
        Assert.Equal("hold-expired", BookingRules.RefusalToConfirm(booking, booking.Quantity, Now.AddSeconds(60))?.Kind.Code);
    }

    [Fact]
    public void A_booking_without_a_hold_takes_its_seats_for_good()
    {
        var @event = Event(2, seated: true);
        var seats = Hall(Free("A1"), Free("A2"));

        var booking = BookingRules.Book(@event, Seats("A2"), seats, Identity.None, Now);

        Assert.Equal(BookingStatus.Confirmed, booking.Status);
        Assert.Equal(SeatState.Booked, BookingRules.StateOf(seats["A2"], Now.AddYears(100)));
        Assert.Equal(SeatState.Free, BookingRules.StateOf(seats["A1"], Now));
        Assert.Equal((1, 0), (@event.Booked, @event.Held));
    }

    private static TicketEvent Event(int capacity, int booked = 0, int held = 0, int? maxPerBuyer = null, bool seated = false) => new()
    {
        Id = Guid.CreateVersion7(Now),
        Name = "Concert",
        Capacity = capacity,
        Booked = booked,
        Held = held,
        MaxPerBuyer = maxPerBuyer,
        Seated = seated,
        CreatedAt = Now,
    };

    private static Booking Hold(TicketEvent @event, int quantity, int seconds) =>
        BookingRules.Book(@event, new Wish("ada", quantity, null, TimeSpan.FromSeconds(seconds)), NoSeats, Identity.None, Now);

    private static Wish Places(int quantity) => new("ada", quantity, null, null);

    private static Wish Seats(params string[] names) => new("ada", names.Length, names, null);

    private static Dictionary<string, Seat> Hall(params Seat[] seats) => seats.ToDictionary(seat => seat.Name, StringComparer.Ordinal);

    private static Seat Free(string name) => new() { EventId = Guid.Empty, Name = name, Position = 1 };

    private static Seat Booked(string name) => new() { EventId = Guid.Empty, Name = name, Position = 1, BookingId = Guid.CreateVersion7(Now) };

    private static Seat HeldUntil(string name, DateTimeOffset until) => new() { EventId = Guid.Empty, Name = name, Position = 1, BookingId = Guid.CreateVersion7(Now), HeldUntil = until };
}
