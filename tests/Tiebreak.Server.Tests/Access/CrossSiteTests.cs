using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Access;

/// <summary>What another site's page has a browser send without asking: calls without a body.</summary>
public sealed class CrossSiteTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "http://127.0.0.1:1")]
    public async Task A_confirm_that_another_sites_page_sends_is_refused_and_the_hold_stays(string header, string value)
    {
        var booking = await HoldAsync();

        Assert.Equal("403 cross-site-request", (await SendAsync(HttpMethod.Post, booking + "/confirm", header, value)).Kind);
        Assert.Equal("403 cross-site-request", (await SendAsync(HttpMethod.Delete, booking, header, value)).Kind);
        Assert.Equal("held", Assert.Single(await server.Api.ListAsync(booking[..booking.LastIndexOf('/')])).GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "same-origin")]
    [InlineData("Sec-Fetch-Site", "none")]
    [InlineData("Origin", "")]
    public async Task A_page_of_the_server_itself_may_send_it(string header, string value) =>
        Assert.Equal("200", (await SendAsync(HttpMethod.Post, await HoldAsync() + "/confirm", header, value.Length > 0 ? value : server.Server.Address.GetLeftPart(UriPartial.Authority))).Kind);

    [Fact]
    public async Task A_link_from_another_site_may_be_followed() =>
        Assert.Equal("200", (await SendAsync(HttpMethod.Get, "/v1/groups", "Sec-Fetch-Site", "cross-site")).Kind);

    private async Task<string> HoldAsync()
    {
        var eventId = (await server.Api.PostAsync("/v1/events", new { name = "Final", capacity = 1 })).Expect(201).String("id");
        var booking = (await server.Api.PostAsync($"/v1/events/{eventId}/bookings", new { buyerId = "ada", holdSeconds = 600 })).Expect(201);
        return $"/v1/events/{eventId}/bookings/{booking.String("id")}";
    }

    private async Task<ApiAnswer> SendAsync(HttpMethod method, string path, string header, string value)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add(header, value);
        return await server.Api.SendAsync(request);
    }
}
