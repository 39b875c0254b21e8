using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Tickets;

namespace Tiebreak.Server.Tests.Batches;

public sealed class TicketBatchTests(OneLane lane) : IClassFixture<OneLane>
{
    [Fact]
    public async Task Places_of_several_events_are_booked_in_order_until_they_are_sold_out()
    {
        var (small, bounded) = (await NewEventAsync(capacity: 3), await NewEventAsync(capacity: 10, maxPerBuyer: 2));

        var answers = await lane.TogetherAsync(
            Book(small, "a", 2), Book(bounded, "a", 2), Book(small, "b", 2), Book(small, "c", 1), Book(small, "d", 1),
            Book(bounded, "a", 1), Book(bounded, "b", 1), Book(Guid.NewGuid(), "a", 1));
        var later = await lane.TogetherAsync(Book(bounded, "a", 1), Book(bounded, "b", 1));

        Assert.Equal(["ok", "ok", "sold-out", "ok", "sold-out", "buyer-limit", "ok", "event-not-found"], await answers.KindsAsync());
        Assert.Equal(["buyer-limit", "ok"], await later.KindsAsync());
        Assert.Equal(3, await lane.NumberAsync($"SELECT booked FROM events WHERE id = '{small}'"));
        Assert.Equal(4, await lane.NumberAsync($"SELECT booked FROM events WHERE id = '{bounded}'"));
        Assert.Equal(1, await lane.NumberAsync($"SELECT count(DISTINCT xmin::text) FROM bookings WHERE event_id = '{small}'"));
    }

    [Fact]
    public async Task A_seat_goes_to_the_first_of_the_batch_who_asks_for_it()
    {
        var (hall, other) = (await NewEventAsync(3, seats: ["A1", "A2", "A3"]), await NewEventAsync(1, seats: ["A1"]));

        var answers = await lane.TogetherAsync(
            Book(hall, "a", "A1", "A2"), Book(other, "a", "A1"), Book(hall, "b", "A2", "A3"), Book(hall, "c", "A3"), Book(hall, "d", "Z9"));
        var later = await lane.TogetherAsync(Book(hall, "e", "A1"));

        Assert.Equal(["ok", "ok", "seat-taken", "ok", "seat-not-found"], await answers.KindsAsync());
        Assert.Equal(["seat-taken"], await later.KindsAsync());
        Assert.Equal(4, await lane.NumberAsync($"SELECT count(*) FROM seats WHERE event_id IN ('{hall}', '{other}') AND booking_id IS NOT NULL AND held_until IS NULL"));
    }

    [Fact]
    public async Task A_key_that_comes_twice_in_one_batch_books_once()
    {
        var id = await NewEventAsync(capacity: 5);

        var answers = await lane.TogetherAsync(Book(id, "a", 2, OneLane.Key("k")), Book(id, "a", 2, OneLane.Key("k")), Book(id, "a", 1, OneLane.Key("k", payload: 1)));
        var later = await lane.TogetherAsync(Book(id, "a", 2, OneLane.Key("k")));

        Assert.Equal(["ok", "again", "idempotency-key-reused"], await answers.KindsAsync());
        Assert.Equal(["again"], await later.KindsAsync());
        Assert.Equal(2, await lane.NumberAsync($"SELECT booked FROM events WHERE id = '{id}'"));
    }

    [Fact]
    public async Task Holds_that_are_over_make_room_in_every_event_of_the_batch()
    {
        var (one, two) = (await NewEventAsync(capacity: 2), await NewEventAsync(capacity: 2));
        await (await lane.TogetherAsync(Hold(one, "a", 2), Hold(two, "a", 1), Hold(two, "b", 1))).KindsAsync();
        lane.Time.Forward(TimeSpan.FromMinutes(10));

        var answers = await lane.TogetherAsync(Book(one, "c", 2), Book(two, "c", 1), Book(two, "d", 1), Book(two, "e", 1));

        Assert.Equal(["ok", "ok", "ok", "sold-out"], await answers.KindsAsync());
        Assert.Equal(3, await lane.NumberAsync($"SELECT count(*) FROM bookings WHERE event_id IN ('{one}', '{two}') AND status = 3"));
        Assert.Equal(0, await lane.NumberAsync($"SELECT sum(held) FROM events WHERE id IN ('{one}', '{two}')"));
    }

    [Fact]
    public async Task Bookings_are_confirmed_and_cancelled_together_with_their_seats()
    {
        var hall = await NewEventAsync(3, seats: ["A1", "A2", "A3"]);
        var held = await Task.WhenAll(await lane.TogetherAsync(Hold(hall, "a", "A1"), Hold(hall, "b", "A2"), Hold(hall, "c", "A3")));
        var ids = held.Select(outcome => outcome.Value!.Id).ToArray();

        var confirmed = await lane.TogetherAsync(Confirm(hall, ids[0]), Confirm(hall, ids[1]), Confirm(hall, ids[0]), Confirm(hall, Guid.NewGuid()));
        var cancelled = await lane.TogetherAsync(Cancel(hall, ids[1]), Cancel(hall, ids[2]), Cancel(hall, ids[1]), Cancel(Guid.NewGuid(), ids[0]));

        Assert.Equal(["ok", "ok", "ok", "booking-not-found"], await confirmed.KindsAsync());
        Assert.Equal(["ok", "ok", "ok", "booking-not-found"], await cancelled.KindsAsync());
        Assert.Equal(1, await lane.NumberAsync($"SELECT booked FROM events WHERE id = '{hall}' AND held = 0"));
        Assert.Equal(1, await lane.NumberAsync($"SELECT count(*) FROM seats WHERE event_id = '{hall}' AND booking_id = '{ids[0]}' AND held_until IS NULL"));
        Assert.Equal(2, await lane.NumberAsync($"SELECT count(*) FROM seats WHERE event_id = '{hall}' AND booking_id IS NULL AND held_until IS NULL"));
    }

    private async Task<Guid> NewEventAsync(int capacity, int? maxPerBuyer = null, string[]? seats = null) =>
        (await lane.Operation<CreateEvent>().RunAsync(new CreateEvent.Request("Event", capacity, seats, maxPerBuyer, Identity.None), CancellationToken.None)).Value!.Id;

    private Func<Task<Outcome<BookingModel>>> Book(Guid id, string buyer, int quantity, Identity? key = null) => Book(id, new Wish(buyer, quantity, null, null), key);

    private Func<Task<Outcome<BookingModel>>> Book(Guid id, string buyer, params string[] seats) => Book(id, new Wish(buyer, seats.Length, seats, null), null);

    private Func<Task<Outcome<BookingModel>>> Hold(Guid id, string buyer, int quantity) => Book(id, new Wish(buyer, quantity, null, TimeSpan.FromMinutes(5)), null);

    private Func<Task<Outcome<BookingModel>>> Hold(Guid id, string buyer, params string[] seats) => Book(id, new Wish(buyer, seats.Length, seats, TimeSpan.FromMinutes(5)), null);

    private Func<Task<Outcome<BookingModel>>> Book(Guid id, Wish wish, Identity? key) =>
        () => lane.Operation<BookTickets>().RunAsync(new BookTickets.Request(id, wish, key ?? Identity.None), CancellationToken.None);

    private Func<Task<Outcome<BookingModel>>> Confirm(Guid id, Guid booking) =>
        () => lane.Operation<ConfirmBooking>().RunAsync(new ConfirmBooking.Request(id, booking, Identity.None), CancellationToken.None);

    private Func<Task<Outcome<Done>>> Cancel(Guid id, Guid booking) =>
        () => lane.Operation<CancelBooking>().RunAsync(new CancelBooking.Request(id, booking), CancellationToken.None);
}
