using System.Text.Json;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Http;

public sealed class OpenApiTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    /// <summary>Every route of the contract, with the refusals that it names there.</summary>
    public static TheoryData<string, string, string[]> Contract => new()
    {
        { "post", "/v1/groups", [] },
        { "get", "/v1/groups", [] },
        { "get", "/v1/groups/{groupId}", ["group-not-found"] },
        { "get", "/v1/groups/{groupId}/members", ["group-not-found"] },
        { "delete", "/v1/groups/{groupId}/members/{userId}", ["group-not-found"] },
        { "post", "/v1/groups/{groupId}/invites", ["code-in-use", "group-not-found"] },
        { "get", "/v1/groups/{groupId}/invites", ["group-not-found"] },
        { "get", "/v1/invites/{code}", ["invite-not-found"] },
        { "post", "/v1/invites/{code}/accept", ["invite-not-found", "invite-revoked", "invite-expired", "invite-exhausted", "already-a-member"] },
        { "delete", "/v1/invites/{code}", ["invite-not-found"] },
        { "get", "/v1/invites/{code}/uses", ["invite-not-found"] },
        { "post", "/v1/events", [] },
        { "get", "/v1/events", [] },
        { "get", "/v1/events/{eventId}", ["event-not-found"] },
        { "get", "/v1/events/{eventId}/seats", ["event-not-found"] },
        { "post", "/v1/events/{eventId}/bookings", ["event-not-found", "seat-not-found", "sold-out", "seat-taken", "buyer-limit"] },
        { "post", "/v1/events/{eventId}/bookings/{bookingId}/confirm", ["hold-expired", "booking-cancelled", "booking-not-found"] },
        { "delete", "/v1/events/{eventId}/bookings/{bookingId}", ["booking-not-found"] },
        { "get", "/v1/events/{eventId}/bookings", ["event-not-found"] },
        { "put", "/v1/programs/{programId}", ["invalid-request"] },
        { "put", "/v1/accounts/{accountId}", ["program-not-found"] },
        { "get", "/v1/accounts/{accountId}", ["account-not-found"] },
        { "post", "/v1/accounts/{accountId}/earn", ["no-program", "balance-limit"] },
        { "post", "/v1/accounts/{accountId}/spend", ["insufficient-points", "account-not-found"] },
        { "post", "/v1/transfers", ["insufficient-points", "account-not-found", "balance-limit"] },
        { "get", "/v1/accounts/{accountId}/entries", ["account-not-found"] },
        { "get", "/health/ready", ["database-unavailable"] },
        { "get", "/health/live", [] },
    };

    [Theory]
    [MemberData(nameof(Contract))]
    public async Task Every_route_is_described_with_its_problems_and_examples(string method, string path, string[] refusals)
    {
        var document = (await server.Api.GetAsync("/openapi/v1.json")).Expect(200).Json;
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var operation = document.GetProperty("paths").GetProperty(path).GetProperty(method);
        var answers = operation.GetProperty("responses").EnumerateObject().ToList();
        var codes = answers.Where(answer => answer.Name[0] is '4' or '5').SelectMany(answer => answer.Value.GetProperty("content").GetProperty("application/problem+json").GetProperty("examples").EnumerateObject()).Select(example => example.Name).ToList();

        Assert.Empty(refusals.Except(codes));
        if (path.StartsWith("/v1", StringComparison.Ordinal))
        {
            string[] every = method == "get" ? ["invalid-request", "internal-error", "database-unavailable", "too-many-requests"]
                : method == "post" ? ["invalid-request", "internal-error", "database-unavailable", "busy", "outcome-unknown", "idempotency-key-reused", "body-too-large", "too-many-requests"]
                : ["invalid-request", "internal-error", "database-unavailable", "busy", "outcome-unknown", "too-many-requests"];
            Assert.Empty(every.Except(codes));
        }

        var success = answers.Single(answer => answer.Name is "200" or "201" or "204" && (method != "put" || answer.Name == "200"));
        if (success.Name != "204")
        {
            Assert.Equal(JsonValueKind.Object, success.Value.GetProperty("content").GetProperty("application/json").GetProperty("example").ValueKind);
        }

        if (operation.TryGetProperty("requestBody", out var body) && body.TryGetProperty("required", out _))
        {
            Assert.Equal(JsonValueKind.Object, body.GetProperty("content").GetProperty("application/json").GetProperty("example").ValueKind);
        }
    }

    [Fact]
    public async Task Every_problem_has_a_page()
    {
        var document = (await server.Api.GetAsync("/openapi/v1.json")).Text;
        var codes = document.Split("\"/problems/").Skip(1).Select(part => part[..part.IndexOf('"', StringComparison.Ordinal)]).Distinct(StringComparer.Ordinal).ToList();
        Assert.True(codes.Count > 20, $"Only {codes.Count} problems are named.");
        foreach (var code in codes)
        {
            var page = (await server.Api.GetAsync($"/problems/{code}")).Expect(200);
            Assert.Equal("text/html", page.MediaType);
            Assert.Contains(code, page.Text, StringComparison.Ordinal);
        }

        Assert.Equal("404 not-found", (await server.Api.GetAsync("/problems/no-such-problem")).Kind);
    }
}
