using Microsoft.Extensions.DependencyInjection;
using Tiebreak.Server.Systems;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Tickets;

/// <summary>The calls that the tests of tickets make.</summary>
internal sealed class BoxOffice(ServerFixture server)
{
    public ApiClient Api => server.Api;

    public Task<string> NewEventAsync(int capacity, int? maxPerBuyer = null) => NewAsync(new { name = "Concert", capacity, maxPerBuyer });

    public Task<string> NewHallAsync(params string[] seats) => NewAsync(new { name = "Theatre", seats });

    public Task<ApiAnswer> BookAsync(string eventId, string buyerId, int quantity, int? holdSeconds = null, string? key = null) =>
        Api.PostAsync($"/v1/events/{eventId}/bookings", new { buyerId, quantity, holdSeconds }, key);

    public Task<ApiAnswer> BookSeatsAsync(string eventId, string buyerId, string[] seats, int? holdSeconds = null, string? key = null) =>
        Api.PostAsync($"/v1/events/{eventId}/bookings", new { buyerId, seats, holdSeconds }, key);

    public Task<ApiAnswer> ConfirmAsync(string eventId, string bookingId, string? key = null) =>
        Api.PostAsync($"/v1/events/{eventId}/bookings/{bookingId}/confirm", key: key);

    public Task<ApiAnswer> CancelAsync(string eventId, string bookingId) => Api.DeleteAsync($"/v1/events/{eventId}/bookings/{bookingId}");

    /// <summary>Booked, held and available of an event.</summary>
    public async Task<(long Booked, long Held, long Available)> PlacesAsync(string eventId)
    {
        var answer = (await Api.GetAsync($"/v1/events/{eventId}")).Expect(200);
        return (answer.Number("booked"), answer.Number("held"), answer.Number("available"));
    }

    /// <summary>The seats' states by name.</summary>
    public async Task<Dictionary<string, string>> SeatsAsync(string eventId) =>
        (await Api.ListAsync($"/v1/events/{eventId}/seats")).ToDictionary(seat => seat.GetProperty("seat").GetString()!, seat => seat.GetProperty("state").GetString()!);

    /// <summary>Holds that no counter and no seat contradicts a booking.</summary>
    public async Task ReconcilesAsync()
    {
        var drifts = new List<Drift>();
        await foreach (var drift in server.Server.Services.GetServices<IReconcile>().Single(system => system.System == "tickets").FindAsync(CancellationToken.None))
        {
            drifts.Add(drift);
        }

        Assert.Empty(drifts);
    }

    private async Task<string> NewAsync(object body) => (await Api.PostAsync("/v1/events", body)).Expect(201).String("id");
}
