using System.Net.Http.Headers;
using System.Text.Json;
using Npgsql;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Http;

public sealed class BadInputTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private static readonly string[] Problems =
    [
        "invalid-request", "not-found", "method-not-allowed", "body-too-large", "unsupported-media-type", "group-not-found", "invite-not-found", "event-not-found",
        "booking-not-found", "account-not-found",
    ];

    [Fact]
    public async Task Whatever_is_sent_is_refused_with_its_place_and_changes_nothing()
    {
        var cases = (await CasesAsync()).ToList();
        Assert.True(cases.Count >= 300, $"Only {cases.Count} cases are generated.");
        var before = await EverythingAsync();

        var wrong = new List<string>();
        foreach (var one in cases)
        {
            var answer = await SendAsync(one);
            if (Complaint(one, answer) is { } complaint)
            {
                wrong.Add($"{one}: {complaint}\n    {answer.Status} {answer.Text}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {cases.Count} wrong:\n{string.Join("\n", wrong.Take(40))}");
        Assert.Equal(before, await EverythingAsync());
        Assert.DoesNotContain(server.Server.Log.Lines, line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    private static string? Complaint(BadRequest one, ApiAnswer answer)
    {
        if (answer.Status is < 400 or > 499)
        {
            return "not a 4xx";
        }

        if (one.Path.Contains("%00", StringComparison.Ordinal) && answer.Status == 400)
        {
            // The web server itself refuses such an address, before anything of ours is asked.
            return null;
        }

        if (answer.Code is null || !Problems.Contains(answer.Code))
        {
            return answer.Code is null ? "not a problem document" : "an unexpected code";
        }

        if (one.IdempotencyKey is not null)
        {
            return answer.Text.Contains("\"header\":\"Idempotency-Key\"", StringComparison.Ordinal) ? null : "the header is not named";
        }

        if (one.Parameter is not null)
        {
            return answer.Text.Contains($"\"parameter\":\"{one.Parameter}\"", StringComparison.Ordinal) ? null : $"the parameter {one.Parameter} is not named";
        }

        if (one.Pointer is null)
        {
            return null;
        }

        var pointers = answer.Json.TryGetProperty("errors", out var errors)
            ? errors.EnumerateArray().Select(error => error.TryGetProperty("pointer", out var pointer) ? pointer.GetString()! : string.Empty).ToList()
            : [];

        // A wrong element of a list is named by its own place below the member.
        return pointers.Any(pointer => pointer == one.Pointer || (one.Pointer.Length > 0 && pointer.StartsWith(one.Pointer + "/", StringComparison.Ordinal)))
            ? null
            : $"the pointer {one.Pointer} is missing";
    }

    private async Task<IEnumerable<BadRequest>> CasesAsync()
    {
        var api = server.Api;
        var groupId = (await api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201).String("id");
        (await api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = 5, code = "BAD-INPUT" })).Expect(201);
        var placesId = (await api.PostAsync("/v1/events", new { name = "Places", capacity = 5 })).Expect(201).String("id");
        var seatsId = (await api.PostAsync("/v1/events", new { name = "Seats", seats = new[] { "A1", "A2" } })).Expect(201).String("id");
        var bookingId = (await api.PostAsync($"/v1/events/{placesId}/bookings", new { buyerId = "ada", holdSeconds = 3600 })).Expect(201).String("id");
        (await api.PutAsync("/v1/programs/loyalty", new { rules = new[] { new { type = "rate", pointsPerUnit = 1 } } })).Expect(201);
        (await api.PutAsync("/v1/accounts/ada", new { programId = "loyalty" })).Expect(201);
        (await api.PutAsync("/v1/accounts/bob", new { })).Expect(201);

        BodyRoute[] routes =
        [
            Route("POST", "/v1/groups", ["name"], ("name", "\"Chess\"")),
            Route("POST", $"/v1/groups/{groupId}/invites", ["maxUses"], ("maxUses", "5"), ("code", "\"GOOD-CODE\""), ("expiresAt", "\"2030-01-31T18:00:00Z\"")),
            Route("POST", "/v1/invites/BAD-INPUT/accept", ["userId"], ("userId", "\"ada\"")),
            Route("POST", "/v1/events", ["name"], ("name", "\"Final\""), ("capacity", "5"), ("maxPerBuyer", "2")),
            Route("POST", "/v1/events", ["name"], ("name", "\"Final\""), ("seats", "[\"A1\"]")),
            Route("POST", $"/v1/events/{placesId}/bookings", ["buyerId"], ("buyerId", "\"ada\""), ("quantity", "1"), ("holdSeconds", "60")),
            Route("POST", $"/v1/events/{seatsId}/bookings", ["buyerId"], ("buyerId", "\"ada\""), ("seats", "[\"A1\"]")),
            Route("POST", $"/v1/events/{placesId}/bookings/{bookingId}/confirm", []),
            Route("PUT", "/v1/programs/other", ["rules"], ("rules", "[{\"type\":\"rate\",\"pointsPerUnit\":1}]")),
            Route("PUT", "/v1/accounts/cyd", [], ("programId", "\"loyalty\"")),
            Route("POST", "/v1/accounts/ada/earn", ["points"], ("points", "5"), ("reason", "\"gift\"")),
            Route("POST", "/v1/accounts/ada/earn", ["facts"], ("facts", "{\"amount\":5}")),
            Route("POST", "/v1/accounts/ada/spend", ["points"], ("points", "5"), ("reason", "\"gift\"")),
            Route("POST", "/v1/transfers", ["fromAccountId", "toAccountId", "points"], ("fromAccountId", "\"ada\""), ("toAccountId", "\"bob\""), ("points", "5")),
        ];

        // Where nothing has to be said, no body is right.
        var bodies = routes.SelectMany(route => route.Wrong()).Where(one => one.Name != "no body" || !(one.Path == "/v1/accounts/cyd" || one.Path.EndsWith("/confirm", StringComparison.Ordinal)));
        return bodies.Concat(Lists(groupId, placesId, seatsId)).Concat(Addresses(groupId, placesId)).Concat(Codes(groupId));
    }

    private static BodyRoute Route(string method, string path, string[] required, params (string Name, string Json)[] members) =>
        new(method, path, members.ToDictionary(member => member.Name, member => member.Json, StringComparer.Ordinal), required);

    private static IEnumerable<BadRequest> Lists(string groupId, string placesId, string seatsId)
    {
        string[] lists =
        [
            "/v1/groups", $"/v1/groups/{groupId}/members", $"/v1/groups/{groupId}/invites", "/v1/invites/BAD-INPUT/uses", "/v1/events",
            $"/v1/events/{seatsId}/seats", $"/v1/events/{placesId}/bookings", "/v1/accounts/ada/entries",
        ];
        string[] queries = ["limit=0", "limit=201", "limit=-1", "limit=abc", "limit=", "limit=1.5", "limit=5&limit=6", "limit=99999999999", "cursor=", "cursor=%20", "cursor=!!!", "cursor=AAAA", "cursor=MDp4&cursor=MDp4", "cursor=" + new string('A', 3000)];
        return lists.SelectMany(list => queries.Select(query => new BadRequest("a bad page", "GET", $"{list}?{query}") { Parameter = query.Split('=')[0] }))
            .Append(new BadRequest("a bad buyer", "GET", $"/v1/events/{placesId}/bookings?buyerId={new string('b', 201)}") { Parameter = "buyerId" })
            .Append(new BadRequest("two buyers", "GET", $"/v1/events/{placesId}/bookings?buyerId=a&buyerId=b") { Parameter = "buyerId" });
    }

    private static IEnumerable<BadRequest> Addresses(string groupId, string placesId)
    {
        var tooLong = new string('u', 201);
        foreach (var user in new[] { tooLong, "a%00b", "a%0Ab" })
        {
            yield return new BadRequest("a bad user id", "DELETE", $"/v1/groups/{groupId}/members/{user}");
            yield return new BadRequest("a bad account id", "PUT", $"/v1/accounts/{user}", "{}"u8.ToArray());
            yield return new BadRequest("a bad account id", "GET", $"/v1/accounts/{user}");
            yield return new BadRequest("a bad program id", "PUT", $"/v1/programs/{user}", "{\"rules\":[]}"u8.ToArray());
            yield return new BadRequest("a bad account id", "POST", $"/v1/accounts/{user}/earn", "{\"points\":1}"u8.ToArray());
        }

        foreach (var id in new[] { "x", "5", "%00", "00000000-0000-0000-0000-000000000000", new string('a', 500) })
        {
            yield return new BadRequest("an unknown group", "GET", $"/v1/groups/{id}");
            yield return new BadRequest("an unknown invite", "GET", $"/v1/invites/{id}");
            yield return new BadRequest("an unknown invite", "DELETE", $"/v1/invites/{id}");
            yield return new BadRequest("an unknown invite", "POST", $"/v1/invites/{id}/accept", "{\"userId\":\"ada\"}"u8.ToArray());
            yield return new BadRequest("an unknown event", "GET", $"/v1/events/{id}");
            yield return new BadRequest("an unknown booking", "POST", $"/v1/events/{placesId}/bookings/{id}/confirm");
            yield return new BadRequest("an unknown booking", "DELETE", $"/v1/events/{placesId}/bookings/{id}");
            foreach (var below in new[] { $"groups/{id}/members", $"groups/{id}/invites", $"invites/{id}/uses", $"events/{id}/seats", $"events/{id}/bookings", $"accounts/unknown-{id}/entries" })
            {
                yield return new BadRequest("a list below nothing", "GET", $"/v1/{below}");
            }

            yield return new BadRequest("a member of an unknown group", "DELETE", $"/v1/groups/{id}/members/ada");
            yield return new BadRequest("an invite of an unknown group", "POST", $"/v1/groups/{id}/invites", "{\"maxUses\":1}"u8.ToArray());
            yield return new BadRequest("a booking of an unknown event", "POST", $"/v1/events/{id}/bookings", "{\"buyerId\":\"ada\"}"u8.ToArray());
            yield return new BadRequest("a spend of an unknown account", "POST", $"/v1/accounts/unknown-{id}/spend", "{\"points\":1}"u8.ToArray());
        }

        yield return new BadRequest("no such route", "GET", "/v1/nothing");
        yield return new BadRequest("a wrong method", "PUT", "/v1/groups", "{}"u8.ToArray());
        yield return new BadRequest("one account twice", "POST", "/v1/transfers", "{\"fromAccountId\":\"ada\",\"toAccountId\":\"ada\",\"points\":1}"u8.ToArray(), "/toAccountId");
    }

    private static IEnumerable<BadRequest> Codes(string groupId)
    {
        foreach (var code in new[] { "abc", new string('c', 65), "with space", "sl/ash", "\u00fcml\u00e4ut", "dot.dot" })
        {
            yield return new BadRequest($"the code {code}", "POST", $"/v1/groups/{groupId}/invites", JsonSerializer.SerializeToUtf8Bytes(new { maxUses = 1, code }), "/code");
        }

        foreach (var time in new[] { "tomorrow", "2030-01-31", "2030-01-31T18:00:00", "2030-13-01T00:00:00Z", "0000-00-00T00:00:00Z" })
        {
            yield return new BadRequest($"expires {time}", "POST", $"/v1/groups/{groupId}/invites", JsonSerializer.SerializeToUtf8Bytes(new { maxUses = 1, expiresAt = time }), "/expiresAt");
        }
    }

    private async Task<ApiAnswer> SendAsync(BadRequest one)
    {
        using var request = new HttpRequestMessage(new HttpMethod(one.Method), one.Path);
        if (one.Body is not null)
        {
            request.Content = new ByteArrayContent(one.Body);
            request.Content.Headers.ContentType = one.ContentType is null ? null : MediaTypeHeaderValue.Parse(one.ContentType);
        }

        if (one.IdempotencyKey is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", one.IdempotencyKey);
        }

        return await server.Api.SendAsync(request);
    }

    /// <summary>A fingerprint of all rows of all tables.</summary>
    private async Task<string> EverythingAsync()
    {
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        var tables = new List<string>();
        await using (var command = source.CreateCommand("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }

        var fingerprints = new List<string>();
        foreach (var table in tables)
        {
            await using var command = source.CreateCommand($"SELECT count(*) || ':' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM \"{table}\" t");
            fingerprints.Add($"{table}={await command.ExecuteScalarAsync()}");
        }

        return string.Join("\n", fingerprints);
    }
}
