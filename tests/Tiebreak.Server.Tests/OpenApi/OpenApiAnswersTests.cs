using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.OpenApi;

/// <summary>Makes every call, with each of its answers, and holds what comes to the document that the server itself gives out.</summary>
public sealed class OpenApiAnswersTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Unknown = "01234567-89ab-7def-8123-456789abcdef";
    private const long Most = 9_007_199_254_740_991;

    /// <summary>Those that take a caller too many, a database or server that goes away, or somebody in the way; other tests see them.</summary>
    private static readonly string[] FromOutside = ["too-many-requests", "internal-error", "database-unavailable", "shutting-down", "busy", "outcome-unknown", "request-timeout"];

    private readonly List<string> _faults = [];
    private ServedDocument _document = null!;

    [Fact]
    public async Task Every_answer_that_the_document_promises_comes_as_it_says()
    {
        _document = new ServedDocument((await server.Api.GetAsync("/openapi/v1.json")).Expect(200).Json);
        await CallInvitesAsync();
        await CallTicketsAsync();
        await CallPointsAsync();
        foreach (var path in new[] { "/health/live", "/health/ready" })
        {
            await SendAsync("GET", path);
            _faults.AddRange(_document.Faults("GET", path, null, await RawHttp.SendAsync(server.Server.Address, $"GET {path} HTTP/1.1\r\nHost: a..b")));
        }

        foreach (var (method, path, operation) in _document.Operations.Where(one => one.Path.StartsWith("/v1", StringComparison.Ordinal)).ToList())
        {
            await CallWronglyAsync(method, path, operation);
        }

        // A confirmation has no payload, so there is no other one.
        _document.Seen.Add("POST /v1/events/{eventId}/bookings/{bookingId}/confirm 422 idempotency-key-reused");
        var missing = _document.Promised.Where(answer => !FromOutside.Contains(answer.Split(' ')[^1])).Except(_document.Seen).ToList();
        Assert.True(_faults.Count == 0, string.Join('\n', _faults.Distinct()));
        Assert.True(missing.Count == 0, $"Never seen:\n{string.Join('\n', missing)}");
    }

    private async Task CallInvitesAsync()
    {
        var groupId = await IdAsync("/v1/groups", new { name = "Chess" }, new { name = "Go" });
        var (group, invites) = ($"/v1/groups/{groupId}", $"/v1/groups/{groupId}/invites");
        await SendAsync("GET", "/v1/groups");
        await PostAsync(invites, new { maxUses = 2, code = "FIRST", expiresAt = "2100-01-01T00:00:00.5+02:00" }, new { maxUses = 3, code = "FIRST" });
        await PostAsync(invites, new { maxUses = 2, code = "FIRST" });
        await PostAsync(invites, new { maxUses = 1, code = "EXPIRED", expiresAt = "2001-01-01T00:00:00Z" });
        await PostAsync("/v1/invites/FIRST/accept", new { userId = "ada" }, new { userId = "bob" });
        await PostAsync("/v1/invites/FIRST/accept", new { userId = "ada" });
        await PostAsync("/v1/invites/EXPIRED/accept", new { userId = "bob" });
        foreach (var path in new[] { group, $"{group}/members", invites, "/v1/invites/FIRST", "/v1/invites/FIRST/uses?limit=1" })
        {
            await SendAsync("GET", path);
        }

        await PostAsync("/v1/invites/FIRST/accept", new { userId = "bob" });
        await PostAsync("/v1/invites/FIRST/accept", new { userId = "cyd" });
        await PostAsync(invites, new { maxUses = 1, code = "REVOKED" });
        await SendAsync("DELETE", "/v1/invites/REVOKED");
        await PostAsync("/v1/invites/REVOKED/accept", new { userId = "cyd" });
        await SendAsync("DELETE", $"{group}/members/ada");
        foreach (var path in new[] { "", "/members", "/invites" })
        {
            await SendAsync("GET", $"/v1/groups/{Unknown}{path}");
        }

        await PostAsync($"/v1/groups/{Unknown}/invites", new { maxUses = 1 });
        await SendAsync("DELETE", $"/v1/groups/{Unknown}/members/ada");
        await SendAsync("GET", "/v1/invites/NOBODYS");
        await SendAsync("GET", "/v1/invites/NOBODYS/uses");
        await SendAsync("DELETE", "/v1/invites/NOBODYS");
        await PostAsync("/v1/invites/NOBODYS/accept", new { userId = "ada" });
    }

    private async Task CallTicketsAsync()
    {
        var places = "/v1/events/" + await IdAsync("/v1/events", new { name = "Places", capacity = 3, maxPerBuyer = 2 }, new { name = "Places", capacity = 4 });
        var hall = "/v1/events/" + await IdAsync("/v1/events", new { name = "Hall", seats = new[] { "A1", "A2" } });
        foreach (var path in new[] { "/v1/events", places, $"{hall}/seats", $"{hall}/bookings?buyerId=ada" })
        {
            await SendAsync("GET", path);
        }

        var booking = $"{places}/bookings/" + await IdAsync($"{places}/bookings", new { buyerId = "ada", quantity = 2, holdSeconds = 60 }, new { buyerId = "ada" });
        var expired = $"{hall}/bookings/" + await IdAsync($"{hall}/bookings", new { buyerId = "ada", seats = new[] { "A1" }, holdSeconds = 60 });
        await PostAsync($"{places}/bookings", new { buyerId = "ada" });
        await PostAsync($"{places}/bookings", new { buyerId = "bob", quantity = 2 });
        await PostAsync($"{hall}/bookings", new { buyerId = "bob", seats = new[] { "A2", "A1" } });
        await PostAsync($"{hall}/bookings", new { buyerId = "bob", seats = new[] { "Z9" } });
        await SendAsync("GET", $"{places}/bookings");
        await PostAsync($"{booking}/confirm", new { }, null);
        await SendAsync("GET", $"{places}/bookings");
        await SendAsync("DELETE", booking);
        await PostAsync($"{booking}/confirm", null);
        server.Time.Forward(TimeSpan.FromMinutes(2));
        await PostAsync($"{expired}/confirm", null);
        foreach (var path in new[] { "", "/seats", "/bookings" })
        {
            await SendAsync("GET", $"/v1/events/{Unknown}{path}");
        }

        await PostAsync($"/v1/events/{Unknown}/bookings", new { buyerId = "ada" });
        await PostAsync($"{places}/bookings/{Unknown}/confirm", null);
        await SendAsync("DELETE", $"{places}/bookings/{Unknown}");
    }

    private async Task CallPointsAsync()
    {
        object[] rules =
        [
            new { type = "rate", pointsPerUnit = 1.5 }, new { type = "categoryMultiplier", category = "books", multiplier = 2 }, new { type = "tier", tiers = new[] { new { from = 0, multiplier = 1.25 } } },
            new { type = "firstOfDay", bonus = 10 }, new { type = "streak", bonus = 5, days = 2 }, new { type = "campaign", from = "2020-01-01T00:00:00Z", until = "2100-01-01T00:00:00Z", multiplier = 2 },
            new { type = "dailyCap", points = 500 }, new { type = "monthlyCap", points = 5000 },
        ];
        await SendAsync("PUT", "/v1/programs/shop", new { rules });
        await SendAsync("PUT", "/v1/programs/shop", new { rules });
        await SendAsync("PUT", "/v1/accounts/ada", new { programId = "shop" });
        await SendAsync("PUT", "/v1/accounts/ada", new { programId = "shop" });
        await SendAsync("PUT", "/v1/accounts/ada", new { programId = "nobodys" });
        await PostAsync("/v1/accounts/ada/earn", new { facts = new { amount = 20.5, category = "books", shop = "north", visits = 3, member = true }, reason = "order" }, new { points = 1 });
        await PostAsync("/v1/accounts/bob/earn", new { points = Most });
        await PostAsync("/v1/accounts/bob/earn", new { points = 1 });
        await PostAsync("/v1/accounts/bob/earn", new { facts = new { amount = 1 } });
        await PostAsync("/v1/accounts/ada/spend", new { points = 5 }, new { points = 6 });
        await PostAsync("/v1/accounts/ada/spend", new { points = Most });
        await PostAsync("/v1/accounts/nobody/spend", new { points = 1 });
        await PostAsync("/v1/transfers", new { fromAccountId = "bob", toAccountId = "ada", points = 1 }, new { fromAccountId = "bob", toAccountId = "ada", points = 2 });
        await PostAsync("/v1/transfers", new { fromAccountId = "ada", toAccountId = "bob", points = 2 });
        await PostAsync("/v1/transfers", new { fromAccountId = "ada", toAccountId = "bob", points = Most });
        await PostAsync("/v1/transfers", new { fromAccountId = "ada", toAccountId = "nobody", points = 1 });
        foreach (var path in new[] { "/v1/accounts/ada", "/v1/accounts/ada/entries", "/v1/accounts/nobody", "/v1/accounts/nobody/entries" })
        {
            await SendAsync("GET", path);
        }
    }

    /// <summary>What every route answers to what fits none.</summary>
    private async Task CallWronglyAsync(string method, string path, JsonElement operation)
    {
        var address = string.Join('/', path.Split('/').Select(part => part.StartsWith('{') ? "x1234" : part));
        await SendAsync(method, address, header: ("Via", "1.1 proxy"));
        if (method != "GET")
        {
            await SendAsync(method, address, header: ("Sec-Fetch-Site", "cross-site"));
        }

        if (!operation.TryGetProperty("requestBody", out _))
        {
            await SendAsync(method, path.Contains('{', StringComparison.Ordinal) ? address.Replace("x1234", "%FF", StringComparison.Ordinal) : $"{address}?limit=0");
            return;
        }

        await SendAsync(method, address, new { colour = "red" });
        await SendAsync(method, address, new { padding = new string('p', 70_000) });
        await SendAsync(method, address, new { }, mediaType: "text/plain");
    }

    /// <summary>Sends it with a key, again, and with the other payload.</summary>
    private async Task<ApiAnswer> PostAsync(string address, object? body, object? other)
    {
        var key = Guid.NewGuid().ToString("d");
        var first = await SendAsync("POST", address, body, key);
        Assert.True((await SendAsync("POST", address, body, key)).IsReplay);
        if (other is not null)
        {
            await SendAsync("POST", address, other, key);
        }

        return first;
    }

    private Task<ApiAnswer> PostAsync(string address, object? body) => SendAsync("POST", address, body);

    private async Task<string> IdAsync(string address, object body, object? other = null) => (await PostAsync(address, body, other)).Expect(201).String("id");

    private async Task<ApiAnswer> SendAsync(string method, string address, object? body = null, string? key = null, string mediaType = "application/json", (string Name, string Value)? header = null)
    {
        var json = body is null ? null : JsonSerializer.Serialize(body);
        using var request = new HttpRequestMessage(new HttpMethod(method), address);
        if (json is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json)) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } };
        }

        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        if (header is { } one)
        {
            request.Headers.Add(one.Name, one.Value);
        }

        var answer = await server.Api.SendAsync(request);
        _faults.AddRange(_document.Faults(method, address, json, answer));
        return answer;
    }
}
