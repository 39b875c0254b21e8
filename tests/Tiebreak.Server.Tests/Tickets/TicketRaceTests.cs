using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Tickets;

public abstract class TicketRaceTests(ServerFixture server)
{
    private readonly BoxOffice _office = new(server);

    [Fact]
    public async Task A_hundred_of_five_hundred_buyers_get_the_hundred_places()
    {
        var eventId = await _office.NewEventAsync(100);

        var answers = await AtOnce.RunAsync(500, i => _office.BookAsync(eventId, $"buyer-{i}", 1));

        Assert.Equal(new Dictionary<string, int> { ["201"] = 100, ["409 sold-out"] = 400 }, answers.Tally());
        Assert.All(answers.Where(answer => answer.Status == 409), answer => Assert.Equal(0, answer.Number("available")));
        Assert.Equal((100, 0, 0), await _office.PlacesAsync(eventId));
        Assert.Equal(
            answers.Where(answer => answer.Status == 201).Select(answer => answer.String("id")).Order(),
            (await _office.Api.ListAsync($"/v1/events/{eventId}/bookings")).Select(booking => booking.GetProperty("id").GetString()!).Order());
        await _office.ReconcilesAsync();
    }

    [Fact]
    public async Task Buyers_of_one_to_seven_places_get_all_or_none_until_the_last_fits()
    {
        var eventId = await _office.NewEventAsync(150);

        var answers = await AtOnce.RunAsync(140, i => _office.BookAsync(eventId, $"buyer-{i}", (i % 7) + 1, i % 2 == 0 ? 600 : null));

        var sold = answers.Where(answer => answer.Status == 201).Sum(answer => answer.Number("quantity"));
        Assert.Equal(150, sold);
        Assert.All(answers, answer => Assert.Contains(answer.Kind, new[] { "201", "409 sold-out" }));
        for (var i = 0; i < answers.Length; i++)
        {
            if (answers[i].Status == 409)
            {
                Assert.InRange(answers[i].Number("available"), 0, i % 7);
            }
        }

        var (booked, held, available) = await _office.PlacesAsync(eventId);
        Assert.Equal((150, 0), (booked + held, available));
        await _office.ReconcilesAsync();
    }

    [Fact]
    public async Task A_buyer_with_many_requests_at_once_stays_within_the_limit()
    {
        var eventId = await _office.NewEventAsync(1000, maxPerBuyer: 5);

        var answers = await AtOnce.RunAsync(60, i => _office.BookAsync(eventId, $"buyer-{i % 3}", (i % 2) + 1, i % 4 == 0 ? 600 : null));

        Assert.All(answers, answer => Assert.Contains(answer.Kind, new[] { "201", "409 buyer-limit" }));
        Assert.All(answers.Where(answer => answer.Status == 409), answer => Assert.Equal(5, answer.Number("maxPerBuyer")));
        var places = answers.Where(answer => answer.Status == 201).GroupBy(answer => answer.String("buyerId")).ToDictionary(of => of.Key, of => of.Sum(answer => answer.Number("quantity")));
        Assert.Equal(new Dictionary<string, long> { ["buyer-0"] = 5, ["buyer-1"] = 5, ["buyer-2"] = 5 }, places);
        await _office.ReconcilesAsync();
    }

    [Fact]
    public async Task Overlapping_seats_in_different_orders_are_sold_once_and_without_a_deadlock()
    {
        var seats = Enumerable.Range(1, 40).Select(i => $"A{i}").ToArray();
        var eventId = await _office.NewHallAsync(seats);
        var random = new Random(20301);
        var wishes = Enumerable.Range(0, 200).Select(_ => random.GetItems(seats, random.Next(1, 8)).Distinct().ToArray()).ToArray();

        var answers = await AtOnce.RunAsync(wishes.Length, i => _office.BookSeatsAsync(eventId, $"buyer-{i}", wishes[i], i % 3 == 0 ? 600 : null));

        Assert.All(answers, answer => Assert.Contains(answer.Kind, new[] { "201", "409 seat-taken" }));
        var sold = new List<string>();
        for (var i = 0; i < answers.Length; i++)
        {
            var named = answers[i].Json.GetProperty("seats").EnumerateArray().Select(seat => seat.GetString()!).ToArray();
            if (answers[i].Status == 201)
            {
                Assert.Equal(wishes[i], named);
                sold.AddRange(named);
            }
            else
            {
                Assert.NotEmpty(named);
                Assert.Subset(wishes[i].ToHashSet(), named.ToHashSet());
            }
        }

        Assert.Equal(sold.Count, sold.Distinct().Count());
        var states = await _office.SeatsAsync(eventId);
        Assert.Equal(seats, states.Keys);
        Assert.Equal(sold.Order(), states.Where(seat => seat.Value != "free").Select(seat => seat.Key).Order());
        await _office.ReconcilesAsync();
    }

    [Fact]
    public async Task A_cancel_sent_ten_times_at_once_frees_the_places_once()
    {
        var eventId = await _office.NewEventAsync(20);
        var booking = (await _office.BookAsync(eventId, "ada", 7)).Expect(201).String("id");
        await _office.BookAsync(eventId, "bob", 5, holdSeconds: 600);

        var answers = await AtOnce.RunAsync(10, _ => _office.CancelAsync(eventId, booking));

        Assert.Equal(new Dictionary<string, int> { ["204"] = 10 }, answers.Tally());
        Assert.Equal((0, 5, 15), await _office.PlacesAsync(eventId));
        await _office.ReconcilesAsync();
    }

    [Fact]
    public async Task Cancel_against_confirm_ends_in_one_of_their_two_orders()
    {
        for (var round = 0; round < 15; round++)
        {
            var eventId = await _office.NewHallAsync("A1", "A2");
            var booking = (await _office.BookSeatsAsync(eventId, "ada", ["A1", "A2"], 600)).Expect(201).String("id");

            var answers = await AtOnce.RunAsync(2, i => i == 0 ? _office.ConfirmAsync(eventId, booking) : _office.CancelAsync(eventId, booking));

            Assert.Contains(answers[0].Kind, new[] { "200", "410 booking-cancelled" });
            Assert.Equal("204", answers[1].Kind);
            Assert.Equal((0, 0, 2), await _office.PlacesAsync(eventId));
            Assert.All(await _office.SeatsAsync(eventId), seat => Assert.Equal("free", seat.Value));
        }

        await _office.ReconcilesAsync();
    }

    [Fact]
    public async Task A_booking_sent_twenty_times_with_one_key_takes_effect_once()
    {
        var eventId = await _office.NewHallAsync("A1", "A2", "A3");

        var answers = await AtOnce.RunAsync(20, _ => _office.BookSeatsAsync(eventId, "ada", ["A3", "A1"], 600, key: "twenty"));

        Assert.Equal(new Dictionary<string, int> { ["201"] = 20 }, answers.Tally());
        Assert.Single(answers.Select(answer => answer.Text).Distinct());
        Assert.Equal(19, answers.Count(answer => answer.IsReplay));
        Assert.Equal((0, 2, 1), await _office.PlacesAsync(eventId));
        Assert.Equal("422 idempotency-key-reused", (await _office.BookSeatsAsync(eventId, "ada", ["A1", "A3"], 600, key: "twenty")).Kind);
        await _office.ReconcilesAsync();
    }

    [Fact]
    public async Task A_confirm_sent_twenty_times_with_one_key_takes_effect_once()
    {
        var eventId = await _office.NewEventAsync(10);
        var booking = (await _office.BookAsync(eventId, "ada", 3, holdSeconds: 600)).Expect(201).String("id");

        var answers = await AtOnce.RunAsync(20, _ => _office.ConfirmAsync(eventId, booking, key: "twenty"));

        Assert.Equal(new Dictionary<string, int> { ["200"] = 20 }, answers.Tally());
        Assert.Single(answers.Select(answer => answer.Text).Distinct());
        Assert.Equal(19, answers.Count(answer => answer.IsReplay));
        Assert.Equal((3, 0, 7), await _office.PlacesAsync(eventId));
        await _office.ReconcilesAsync();
    }

    [Fact]
    public async Task An_event_made_twenty_times_with_one_key_is_one()
    {
        var body = new { name = "Once", seats = new[] { "A1", "A2" } };

        var answers = await AtOnce.RunAsync(20, _ => _office.Api.PostAsync("/v1/events", body, "one-event"));

        Assert.Equal(new Dictionary<string, int> { ["201"] = 20 }, answers.Tally());
        Assert.Single(answers.Select(answer => answer.Text).Distinct());
        Assert.Equal("422 idempotency-key-reused", (await _office.Api.PostAsync("/v1/events", new { name = "Once", capacity = 2 }, "one-event")).Kind);
        await _office.ReconcilesAsync();
    }
}
