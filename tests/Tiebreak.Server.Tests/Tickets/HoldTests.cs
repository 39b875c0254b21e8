using Npgsql;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Tickets;

/// <summary>Holds and their time. A test lets it pass in no time, so each has events of its own and no other class has this clock.</summary>
public abstract class HoldTests(ServerFixture server)
{
    private readonly BoxOffice _office = new(server);

    [Fact]
    public async Task An_expired_hold_frees_its_places_without_anyones_help()
    {
        var eventId = await _office.NewHallAsync("A1", "A2", "A3");
        var held = (await _office.BookSeatsAsync(eventId, "ada", ["A1", "A2"], 60)).Expect(201).String("id");
        Assert.Equal((0, 2, 1), await _office.PlacesAsync(eventId));
        Assert.Equal("409 seat-taken", (await _office.BookSeatsAsync(eventId, "bob", ["A2"])).Kind);

        server.Time.Forward(TimeSpan.FromSeconds(61));

        Assert.Equal((0, 0, 3), await _office.PlacesAsync(eventId));
        Assert.All(await _office.SeatsAsync(eventId), seat => Assert.Equal("free", seat.Value));
        Assert.Empty(await _office.Api.ListAsync($"/v1/events/{eventId}/bookings"));
        (await _office.BookSeatsAsync(eventId, "bob", ["A2"])).Expect(201);
        Assert.Equal("410 hold-expired", (await _office.ConfirmAsync(eventId, held)).Kind);
        (await _office.CancelAsync(eventId, held)).Expect(204);
        Assert.Equal((1, 0, 2), await _office.PlacesAsync(eventId));
        Assert.Equal("booked", (await _office.SeatsAsync(eventId))["A2"]);
        await _office.ReconcilesAsync();
    }

    [Fact]
    public async Task Expired_holds_that_nobody_wrote_down_free_their_places_once()
    {
        var eventId = await _office.NewEventAsync(50);
        var bookings = new List<string>();
        for (var i = 0; i < 45; i++)
        {
            bookings.Add((await _office.BookAsync(eventId, $"buyer-{i}", 1, 60)).Expect(201).String("id"));
        }

        server.Time.Forward(TimeSpan.FromSeconds(61));
        (await _office.BookAsync(eventId, "next", 10)).Expect(201);
        Assert.Equal((10, 0, 40), await _office.PlacesAsync(eventId));

        var answers = await AtOnce.RunAsync(90, i => i % 2 == 0 ? _office.CancelAsync(eventId, bookings[i / 2]) : _office.ConfirmAsync(eventId, bookings[i / 2]));

        Assert.Equal(new Dictionary<string, int> { ["204"] = 45, ["410 hold-expired"] = 45 }, answers.Tally());
        Assert.Equal((10, 0, 40), await _office.PlacesAsync(eventId));
        (await _office.BookAsync(eventId, "last", 40)).Expect(201);
        await _office.ReconcilesAsync();
    }

    [Fact]
    public async Task However_many_holds_have_expired_a_booking_that_fits_is_not_refused()
    {
        var eventId = await _office.NewEventAsync(300);
        (await AtOnce.RunAsync(300, i => _office.BookAsync(eventId, $"buyer-{i}", 1, 60))).ToList().ForEach(answer => answer.Expect(201));
        server.Time.Forward(TimeSpan.FromSeconds(61));

        (await _office.BookAsync(eventId, "one", 1)).Expect(201);
        Assert.Equal((1, 0, 299), await _office.PlacesAsync(eventId));
        var refused = await _office.BookAsync(eventId, "more", 300);
        Assert.Equal("409 sold-out", refused.Kind);
        Assert.Equal(299, refused.Number("available"));
        (await _office.BookAsync(eventId, "rest", 299)).Expect(201);
        await _office.ReconcilesAsync();
    }

    [Fact]
    public async Task Holds_that_fall_due_together_are_all_settled_before_a_booking_is_decided()
    {
        var eventId = await _office.NewEventAsync(5_100);
        await FillWithHoldsAsync(eventId, 5_000);
        server.Time.Forward(TimeSpan.FromSeconds(61));

        (await _office.BookAsync(eventId, "all", 1_000)).Expect(201);

        // Not one is left for a clock that is set back to bring to life again.
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await using var left = source.CreateCommand($"SELECT count(*) FROM bookings WHERE event_id = '{eventId}' AND status = 0");
        Assert.Equal(0L, await left.ExecuteScalarAsync());
        server.Time.Forward(TimeSpan.FromSeconds(-120));
        Assert.Equal((1_000, 0, 4_100), await _office.PlacesAsync(eventId));
        await _office.ReconcilesAsync();
        server.Time.Forward(TimeSpan.FromSeconds(120));
    }

    [Fact]
    public async Task A_clock_that_is_set_back_brings_no_hold_to_life_again()
    {
        var eventId = await _office.NewHallAsync("A1", "A2");
        var held = (await _office.BookSeatsAsync(eventId, "ada", ["A1"], 60)).Expect(201).String("id");
        server.Time.Forward(TimeSpan.FromSeconds(61));
        (await _office.BookSeatsAsync(eventId, "bob", ["A1"])).Expect(201);
        server.Time.Forward(TimeSpan.FromSeconds(-120));

        Assert.Equal("410 hold-expired", (await _office.ConfirmAsync(eventId, held)).Kind);
        Assert.Equal("booked", (await _office.SeatsAsync(eventId))["A1"]);
        var later = (await _office.BookSeatsAsync(eventId, "eve", ["A2"], 60)).Expect(201);
        Assert.True(later.Json.GetProperty("createdAt").GetDateTimeOffset() > server.Time.GetUtcNow(), "the event is decided no earlier than before");
        await _office.ReconcilesAsync();
        server.Time.Forward(TimeSpan.FromSeconds(120));
        await _office.ReconcilesAsync();
    }

    [Fact]
    public async Task A_hold_whose_seat_is_somebody_elses_is_not_confirmed()
    {
        var eventId = await _office.NewHallAsync("A1");
        var held = (await _office.BookSeatsAsync(eventId, "ada", ["A1"], 60)).Expect(201).String("id");
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await using var taken = source.CreateCommand($"UPDATE seats SET booking_id = gen_random_uuid(), held_until = NULL WHERE event_id = '{eventId}'");
        await taken.ExecuteNonQueryAsync();

        Assert.Equal("410 hold-expired", (await _office.ConfirmAsync(eventId, held)).Kind);
        await using var back = source.CreateCommand($"UPDATE seats SET booking_id = '{held}', held_until = (SELECT hold_expires_at FROM bookings WHERE event_id = '{eventId}') WHERE event_id = '{eventId}'");
        await back.ExecuteNonQueryAsync();
        (await _office.ConfirmAsync(eventId, held)).Expect(200);
        await _office.ReconcilesAsync();
    }

    [Fact]
    public async Task Giving_up_an_expired_hold_leaves_its_seat_with_whoever_has_it_now()
    {
        // More holds expire before it than a booking writes down, so that its own expiry is not written down yet.
        var before = Enumerable.Range(1, 30).Select(i => $"S{i}").ToArray();
        var eventId = await _office.NewHallAsync([.. before, "A1"]);
        (await AtOnce.RunAsync(before.Length, i => _office.BookSeatsAsync(eventId, $"buyer-{i}", [before[i]], 60))).ToList().ForEach(answer => answer.Expect(201));
        var held = (await _office.BookSeatsAsync(eventId, "ada", ["A1"], 120)).Expect(201).String("id");
        server.Time.Forward(TimeSpan.FromSeconds(121));
        (await _office.BookSeatsAsync(eventId, "bob", ["A1"])).Expect(201);

        Assert.Equal("410 hold-expired", (await _office.ConfirmAsync(eventId, held)).Kind);
        (await _office.CancelAsync(eventId, held)).Expect(204);

        Assert.Equal("booked", (await _office.SeatsAsync(eventId))["A1"]);
        Assert.Equal((1, 0, 30), await _office.PlacesAsync(eventId));
        await _office.ReconcilesAsync();
    }

    [Fact]
    public async Task Expiry_against_confirm_against_a_new_booking_leaves_the_seat_with_one_of_them()
    {
        var eventId = await _office.NewHallAsync("A1");
        for (var round = 0; round < 10; round++)
        {
            var held = (await _office.BookSeatsAsync(eventId, "ada", ["A1"], 30)).Expect(201).String("id");

            var answers = await AtOnce.RunAsync(9, async i =>
            {
                if (i == 8)
                {
                    server.Time.Forward(TimeSpan.FromSeconds(31));
                }

                return i % 2 == 0 ? await _office.ConfirmAsync(eventId, held) : await _office.BookSeatsAsync(eventId, $"bob-{i}", ["A1"]);
            });

            var confirmed = answers.Any(answer => answer.Status == 200);
            var sold = answers.Where(answer => answer.Status == 201).ToList();
            Assert.All(answers, answer => Assert.Contains(answer.Kind, new[] { "200", "201", "409 seat-taken", "410 hold-expired" }));
            Assert.True(confirmed ? sold.Count == 0 : sold.Count <= 1, string.Join(", ", answers.Select(answer => answer.Kind)));
            var owner = confirmed ? held : sold.SingleOrDefault()?.String("id");
            Assert.Equal(owner is null ? "free" : "booked", (await _office.SeatsAsync(eventId))["A1"]);
            await _office.ReconcilesAsync();
            if (owner is not null)
            {
                (await _office.CancelAsync(eventId, owner)).Expect(204);
            }
        }
    }

    [Fact]
    public async Task An_expired_hold_does_not_count_towards_the_buyers_limit()
    {
        var eventId = await _office.NewEventAsync(10, maxPerBuyer: 2);
        (await _office.BookAsync(eventId, "ada", 2, 60)).Expect(201);
        Assert.Equal("409 buyer-limit", (await _office.BookAsync(eventId, "ada", 1)).Kind);

        server.Time.Forward(TimeSpan.FromSeconds(61));

        var second = (await _office.BookAsync(eventId, "ada", 2)).Expect(201).String("id");
        (await _office.CancelAsync(eventId, second)).Expect(204);
        (await _office.BookAsync(eventId, "ada", 2)).Expect(201);
    }

    [Fact]
    public async Task A_repetition_gets_the_first_answer_whatever_became_of_the_booking()
    {
        var eventId = await _office.NewEventAsync(10);
        var first = (await _office.BookAsync(eventId, "ada", 2, 60, key: "book")).Expect(201);
        var booking = first.String("id");
        Assert.Equal("held", first.String("status"));
        var confirmed = (await _office.ConfirmAsync(eventId, booking, key: "confirm")).Expect(200);
        Assert.Equal("confirmed", confirmed.String("status"));
        Assert.Null(confirmed.Json.GetProperty("expiresAt").GetString());
        Assert.Equal(confirmed.Text, (await _office.ConfirmAsync(eventId, booking, key: "another")).Expect(200).Text);
        (await _office.CancelAsync(eventId, booking)).Expect(204);

        var bookedAgain = await _office.BookAsync(eventId, "ada", 2, 60, key: "book");
        var confirmedAgain = await _office.ConfirmAsync(eventId, booking, key: "confirm");

        Assert.Equal((201, first.Text, true), (bookedAgain.Status, bookedAgain.Text, bookedAgain.IsReplay));
        Assert.Equal((200, confirmed.Text, true), (confirmedAgain.Status, confirmedAgain.Text, confirmedAgain.IsReplay));
        Assert.Equal("410 booking-cancelled", (await _office.ConfirmAsync(eventId, booking)).Kind);
        Assert.Equal((0, 0, 10), await _office.PlacesAsync(eventId));
    }

    private async Task FillWithHoldsAsync(string eventId, int count)
    {
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await using var fill = source.CreateCommand(
            $"""
             INSERT INTO bookings (event_id, id, buyer_id, quantity, status, hold_expires_at, created_at)
             SELECT '{eventId}', gen_random_uuid(), 'buyer-' || i, 1, 0, {ServerTime.Seam.Sql} + interval '60 s', {ServerTime.Seam.Sql} FROM generate_series(1, {count}) AS i;
             UPDATE events SET held = {count} WHERE id = '{eventId}'
             """);
        await fill.ExecuteNonQueryAsync();
    }
}
