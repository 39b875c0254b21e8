using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Http;

/// <summary>
/// The last microsecond before an expiry, and the expiry itself. Rules in memory and conditions in SQL look at the same
/// moment, and have to say the same of it.
/// </summary>
public sealed class ExpiryMomentTests(ExpiryMomentTests.StoppedServer server) : IClassFixture<ExpiryMomentTests.StoppedServer>
{
    private static readonly TimeSpan Microsecond = TimeSpan.FromMicroseconds(1);

    private ApiClient Api => server.Api;

    [Fact]
    public async Task A_hold_keeps_its_place_until_its_expiry_and_no_longer_at_it()
    {
        var begun = server.Time.GetUtcNow();
        var hall = (await Api.PostAsync("/v1/events", new { name = "Hall", seats = new[] { "A1" }, maxPerBuyer = 1 })).Expect(201).String("id");
        var held = (await BookAsync(hall, "ada", 60)).Expect(201);
        Assert.Equal(begun.AddSeconds(60), held.Json.GetProperty("expiresAt").GetDateTimeOffset());

        server.Time.Set(begun.AddSeconds(60) - Microsecond);
        Assert.Equal(("held", 1, 0, 1), await ShownAsync(hall));
        Assert.Equal("409 seat-taken", (await BookAsync(hall, "bob", null)).Kind);
        Assert.Equal("409 buyer-limit", (await BookAsync(hall, "ada", null)).Kind);

        server.Time.Set(begun.AddSeconds(60));
        Assert.Equal(("free", 0, 1, 0), await ShownAsync(hall));
        Assert.Equal("410 hold-expired", (await Api.PostAsync($"/v1/events/{hall}/bookings/{held.String("id")}/confirm")).Kind);
        (await BookAsync(hall, "ada", null)).Expect(201);
        Assert.Equal(("booked", 0, 0, 1), await ShownAsync(hall));
    }

    [Fact]
    public async Task A_hold_can_be_confirmed_in_the_last_microsecond()
    {
        var begun = server.Time.GetUtcNow();
        var hall = (await Api.PostAsync("/v1/events", new { name = "Hall", seats = new[] { "A1" } })).Expect(201).String("id");
        var held = (await BookAsync(hall, "ada", 60)).Expect(201).String("id");

        server.Time.Set(begun.AddSeconds(60) - Microsecond);
        (await Api.PostAsync($"/v1/events/{hall}/bookings/{held}/confirm")).Expect(200);

        server.Time.Set(begun.AddSeconds(60));
        Assert.Equal(("booked", 0, 0, 1), await ShownAsync(hall));
    }

    [Fact]
    public async Task An_invite_lets_in_until_its_expiry_and_gives_its_code_back_at_it()
    {
        var expiresAt = server.Time.GetUtcNow().AddSeconds(60);
        var groupId = (await Api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201).String("id");
        var invites = $"/v1/groups/{groupId}/invites";
        (await Api.PostAsync(invites, new { maxUses = 5, code = "MOMENT", expiresAt })).Expect(201);

        server.Time.Set(expiresAt - Microsecond);
        Assert.True((await Api.GetAsync("/v1/invites/MOMENT")).Json.GetProperty("isActive").GetBoolean());
        Assert.Equal("409 code-in-use", (await Api.PostAsync(invites, new { maxUses = 5, code = "MOMENT" })).Kind);
        (await Api.PostAsync("/v1/invites/MOMENT/accept", new { userId = "in-time" })).Expect(200);

        server.Time.Set(expiresAt);
        Assert.False((await Api.GetAsync("/v1/invites/MOMENT")).Json.GetProperty("isActive").GetBoolean());
        Assert.Equal("410 invite-expired", (await Api.PostAsync("/v1/invites/MOMENT/accept", new { userId = "late" })).Kind);
        (await Api.PostAsync(invites, new { maxUses = 5, code = "MOMENT" })).Expect(201);
    }

    private Task<ApiAnswer> BookAsync(string eventId, string buyerId, int? holdSeconds) =>
        Api.PostAsync($"/v1/events/{eventId}/bookings", new { buyerId, seats = new[] { "A1" }, holdSeconds });

    /// <summary>The seat's state, the places that are held and free, and how many bookings are listed.</summary>
    private async Task<(string Seat, long Held, long Available, int Bookings)> ShownAsync(string eventId)
    {
        var shown = (await Api.GetAsync($"/v1/events/{eventId}")).Expect(200);
        var seat = Assert.Single(await Api.ListAsync($"/v1/events/{eventId}/seats"));
        return (seat.GetProperty("state").GetString()!, shown.Number("held"), shown.Number("available"), (await Api.ListAsync($"/v1/events/{eventId}/bookings")).Count);
    }

    /// <summary>A server whose clock stands still; each test sets it on from where the one before left it.</summary>
    public sealed class StoppedServer(PostgresCluster cluster) : IAsyncLifetime
    {
        private ServerUnderTest? _server;

        public ApiClient Api => _server!.Api;

        public ServerTime Time { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            var connectionString = await cluster.CreateDatabaseAsync("moment");
            Time = new ServerTime(connectionString, new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero));
            _server = await ServerUnderTest.StartAsync(connectionString, Time);
        }

        public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
