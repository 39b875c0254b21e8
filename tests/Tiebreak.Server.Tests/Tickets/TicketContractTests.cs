using System.Globalization;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Tickets;

public abstract class TicketContractTests(ServerFixture server)
{
    private const string Unknown = "01234567-89ab-7def-8123-456789abcdef";
    private readonly BoxOffice _office = new(server);

    [Fact]
    public async Task An_event_is_shown_as_the_contract_says()
    {
        var answer = (await _office.Api.PostAsync("/v1/events", new { name = "Concert", capacity = 100, maxPerBuyer = 4 })).Expect(201);

        Assert.Equal(["id", "name", "capacity", "booked", "held", "available", "maxPerBuyer", "seated", "createdAt"], answer.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal($"/v1/events/{answer.String("id")}", answer.Headers["Location"]);
        Assert.False(answer.Json.GetProperty("seated").GetBoolean());
        Assert.Equal(answer.Text, (await _office.Api.GetAsync(answer.Headers["Location"])).Expect(200).Text);
        Assert.Empty(await _office.Api.ListAsync($"/v1/events/{answer.String("id")}/seats"));
    }

    [Fact]
    public async Task A_booking_is_shown_as_the_contract_says()
    {
        var eventId = await _office.NewHallAsync("A1", "A2");

        var held = (await _office.BookSeatsAsync(eventId, "ada", ["A2"], 600)).Expect(201);

        Assert.Equal(["id", "eventId", "buyerId", "quantity", "seats", "status", "expiresAt", "createdAt"], held.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(TimeSpan.FromSeconds(600), held.Json.GetProperty("expiresAt").GetDateTimeOffset() - held.Json.GetProperty("createdAt").GetDateTimeOffset());
        Assert.Equal(new Dictionary<string, string> { ["A1"] = "free", ["A2"] = "held" }, await _office.SeatsAsync(eventId));
        (await _office.ConfirmAsync(eventId, held.String("id"))).Expect(200);
        Assert.Equal(new Dictionary<string, string> { ["A1"] = "free", ["A2"] = "booked" }, await _office.SeatsAsync(eventId));
        var once = (await _office.BookAsync(await _office.NewEventAsync(5), "ada", 2)).Expect(201);
        Assert.Equal("confirmed", once.String("status"));
        Assert.Null(once.Json.GetProperty("seats").GetString());
        Assert.Equal(once.Text, (await _office.ConfirmAsync(once.String("eventId"), once.String("id"))).Expect(200).Text);
    }

    [Theory]
    [InlineData("""{"name":"x"}""", "/capacity")]
    [InlineData("""{"name":"x","capacity":0}""", "/capacity")]
    [InlineData("""{"name":"x","capacity":10000001}""", "/capacity")]
    [InlineData("""{"name":"x","capacity":1.5}""", "/capacity")]
    [InlineData("""{"name":"x","capacity":1,"seats":["A"]}""", "/seats")]
    [InlineData("""{"name":"x","seats":[]}""", "/seats")]
    [InlineData("""{"name":"x","seats":"A"}""", "/seats")]
    [InlineData("""{"name":"x","seats":["A","B","A"]}""", "/seats/2")]
    [InlineData("""{"name":"x","seats":["A",null]}""", "/seats/1")]
    [InlineData("""{"name":"x","seats":["A","\u0000"]}""", "/seats/1")]
    [InlineData("""{"name":"x","seats":["A","\ud800"]}""", "/seats/1")]
    [InlineData("""{"name":"x","capacity":1,"maxPerBuyer":0}""", "/maxPerBuyer")]
    [InlineData("""{"name":"x","capacity":1,"colour":"red"}""", "/colour")]
    public async Task An_event_that_does_not_fit_is_refused_with_a_pointer(string json, string pointer) =>
        IsInvalid(await _office.Api.SendAsync(HttpMethod.Post, "/v1/events", json), pointer);

    [Theory]
    [InlineData("""{"quantity":1}""", "/buyerId")]
    [InlineData("""{"buyerId":"a","quantity":0}""", "/quantity")]
    [InlineData("""{"buyerId":"a","quantity":1001}""", "/quantity")]
    [InlineData("""{"buyerId":"a","holdSeconds":0}""", "/holdSeconds")]
    [InlineData("""{"buyerId":"a","holdSeconds":86401}""", "/holdSeconds")]
    [InlineData("""{"buyerId":"a","seats":["A1"]}""", "/seats")]
    [InlineData("""{"buyerId":"a","seats":["A1","A1"]}""", "/seats/1")]
    [InlineData("""{"buyerId":"a","quantity":3,"seats":["A1","A2"]}""", "/quantity")]
    public async Task A_booking_of_places_that_does_not_fit_is_refused_with_a_pointer(string json, string pointer)
    {
        var eventId = await _office.NewEventAsync(10);

        IsInvalid(await _office.Api.SendAsync(HttpMethod.Post, $"/v1/events/{eventId}/bookings", json), pointer);
        Assert.Equal((0, 0, 10), await _office.PlacesAsync(eventId));
    }

    [Theory]
    [InlineData("""{"buyerId":"a"}""")]
    [InlineData("""{"buyerId":"a","quantity":1}""")]
    public async Task Seats_are_named_where_an_event_has_them(string json) =>
        IsInvalid(await _office.Api.SendAsync(HttpMethod.Post, $"/v1/events/{await _office.NewHallAsync("A1")}/bookings", json), "/seats");

    [Fact]
    public async Task What_does_not_exist_is_told_apart()
    {
        var eventId = await _office.NewHallAsync("A1");
        var booking = (await _office.BookSeatsAsync(eventId, "ada", ["A1"], 600)).Expect(201).String("id");
        var other = await _office.NewEventAsync(1);

        foreach (var id in new[] { Unknown, "nonsense" })
        {
            Assert.Equal("404 event-not-found", (await _office.Api.GetAsync($"/v1/events/{id}")).Kind);
            Assert.Equal("404 event-not-found", (await _office.Api.GetAsync($"/v1/events/{id}/seats")).Kind);
            Assert.Equal("404 event-not-found", (await _office.Api.GetAsync($"/v1/events/{id}/bookings")).Kind);
            Assert.Equal("404 event-not-found", (await _office.BookAsync(id, "ada", 1)).Kind);
            Assert.Equal("404 booking-not-found", (await _office.ConfirmAsync(id, booking)).Kind);
            Assert.Equal("404 booking-not-found", (await _office.ConfirmAsync(eventId, id)).Kind);
            Assert.Equal("404 booking-not-found", (await _office.CancelAsync(eventId, id)).Kind);
        }

        Assert.Equal("404 booking-not-found", (await _office.ConfirmAsync(other, booking)).Kind);
        Assert.Equal("404 booking-not-found", (await _office.CancelAsync(other, booking)).Kind);
        Assert.Equal("404 seat-not-found", (await _office.BookSeatsAsync(eventId, "ada", ["A1", "Z9"])).Kind);
    }

    [Fact]
    public async Task Bookings_are_listed_newest_first_and_by_buyer_while_others_are_made()
    {
        var eventId = await _office.NewEventAsync(100);
        var made = new List<string>();
        for (var i = 0; i < 9; i++)
        {
            made.Insert(0, (await _office.BookAsync(eventId, i % 3 == 0 ? "ada" : "bob", 1, i % 2 == 0 ? 600 : null)).Expect(201).String("id"));
            await Task.Delay(2);
        }

        var first = await _office.Api.GetAsync($"/v1/events/{eventId}/bookings?limit=4");
        (await _office.BookAsync(eventId, "eve", 1)).Expect(201);
        (await _office.CancelAsync(eventId, made[0])).Expect(204);
        var rest = await _office.Api.GetAsync($"/v1/events/{eventId}/bookings?limit=100&cursor={first.String("next")}");

        var seen = new[] { first, rest }.SelectMany(page => page.Json.GetProperty("items").EnumerateArray()).Select(booking => booking.GetProperty("id").GetString()!);
        Assert.Equal(made, seen);
        Assert.Equal([made[2], made[5], made[8]], (await _office.Api.ListAsync($"/v1/events/{eventId}/bookings?buyerId=ada", limit: 2)).Select(booking => booking.GetProperty("id").GetString()!));
        Assert.Empty(await _office.Api.ListAsync($"/v1/events/{eventId}/bookings?buyerId=nobody"));
        foreach (var bad in new[] { "buyerId=", "buyerId=%00", $"buyerId={new string('x', 201)}", "buyerId=a&buyerId=b", "cursor=%21", "limit=0" })
        {
            Assert.Equal("400 invalid-request", (await _office.Api.GetAsync($"/v1/events/{eventId}/bookings?{bad}")).Kind);
        }
    }

    [Fact]
    public async Task A_hundred_thousand_seats_fit_into_one_event()
    {
        var seats = Enumerable.Range(1, 100_000).Select(i => i.ToString("'seat '000000", CultureInfo.InvariantCulture)).ToArray();

        var eventId = await _office.NewHallAsync(seats);

        var (_, _, available) = await _office.PlacesAsync(eventId);
        Assert.Equal(100_000, available);
        (await _office.BookSeatsAsync(eventId, "ada", seats[500..1500])).Expect(201);
        var page = (await _office.Api.GetAsync($"/v1/events/{eventId}/seats?limit=200")).Expect(200);
        Assert.Equal(seats[..200], page.Json.GetProperty("items").EnumerateArray().Select(seat => seat.GetProperty("seat").GetString()!));
        Assert.Equal("400 invalid-request", (await _office.Api.PostAsync("/v1/events", new { name = "x", seats = Enumerable.Range(0, 10_000).Select(_ => "A") })).Kind);
        IsInvalid(await _office.Api.PostAsync("/v1/events", new { name = "x", seats = seats.Append("one too many") }), "/seats");
        Assert.Equal("413 body-too-large", (await _office.Api.PostAsync("/v1/events", new { name = new string('x', 70_000), seats = seats[..10] })).Kind);
        await _office.ReconcilesAsync();
    }

    private static void IsInvalid(ApiAnswer answer, string pointer)
    {
        Assert.Equal("400 invalid-request", answer.Kind);
        Assert.Equal([pointer], answer.Json.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString()!));
    }
}
