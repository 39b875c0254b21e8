using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Http;

/// <summary>What a body may look like: how numbers are written, how large it is, how much is said of a wrong one.</summary>
public sealed class RequestBodyTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private ApiClient Api => server.Api;

    [Theory]
    [InlineData("1.0", 1)]
    [InlineData("2e0", 2)]
    [InlineData("1.5E3", 1500)]
    [InlineData("300e-2", 3)]
    public async Task A_whole_number_is_whole_however_it_is_written(string written, long capacity) =>
        Assert.Equal(capacity, (await Api.SendAsync(HttpMethod.Post, "/v1/events", $"{{\"name\":\"x\",\"capacity\":{written}}}")).Expect(201).Number("capacity"));

    [Theory]
    [InlineData("1.5")]
    [InlineData("1e8")]
    [InlineData("1e400")]
    [InlineData("-0.0")]
    [InlineData("1.00000000000000000000000000000000000000001")]
    public async Task A_number_with_a_fraction_or_out_of_its_range_is_refused(string written) =>
        IsInvalid(await Api.SendAsync(HttpMethod.Post, "/v1/events", $"{{\"name\":\"x\",\"capacity\":{written}}}"), "/capacity");

    [Fact]
    public async Task A_payload_is_the_same_however_its_numbers_are_written()
    {
        (await Api.PutAsync("/v1/programs/numbers", new { rules = new[] { new { type = "rate", pointsPerUnit = 1 } } })).Expect(201);
        (await Api.PutAsync("/v1/accounts/numbers", new { programId = "numbers" })).Expect(201);
        var first = (await EarnAsync("""{"facts": {"amount": 5, "visits": 1, "big": 1e400}}""")).Expect(201);

        var again = await EarnAsync("""{"facts":{"big":1e400,"visits":1.0,"amount":0.5e1}}""");

        Assert.True(again.IsReplay, again.Text);
        Assert.Equal(first.Text, again.Text);
        Assert.Equal("422 idempotency-key-reused", (await EarnAsync("""{"facts":{"big":1e400,"visits":1.01,"amount":5}}""")).Kind);

        Task<ApiAnswer> EarnAsync(string json) => Api.SendAsync(HttpMethod.Post, "/v1/accounts/numbers/earn", json, "numbers");
    }

    [Theory]
    [InlineData("""{"facts":{"amount":1,"\ud800":2}}""", "/facts")]
    [InlineData("""{"points":1,"\udfff":2}""", "")]
    public async Task A_name_that_is_no_Unicode_is_refused(string json, string pointer) =>
        IsInvalid(await Api.SendAsync(HttpMethod.Post, "/v1/accounts/names/earn", json), pointer);

    [Fact]
    public async Task A_body_with_thousands_of_faults_is_answered_with_the_first_of_them()
    {
        var members = string.Join(',', Enumerable.Range(0, 6_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"\"{i}\":1")));

        var answer = await Api.SendAsync(HttpMethod.Post, "/v1/groups", $"{{{members}}}");

        Assert.Equal("400 invalid-request", answer.Kind);
        Assert.Equal(100, answer.Json.GetProperty("errors").GetArrayLength());
    }

    [Fact]
    public async Task A_seat_that_is_wrong_in_a_large_list_is_named()
    {
        var seats = Enumerable.Range(0, 9_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"seat {i}")).ToList();
        IsInvalid(await Api.PostAsync("/v1/events", new { name = "Hall", seats = seats.Append("seat 7") }), "/seats/9000");
        IsInvalid(await Api.PostAsync("/v1/events", new { name = "Hall", seats = Enumerable.Range(0, 100_001).Select(i => $"{i}") }), "/seats");
        (await Api.PostAsync("/v1/events", new { name = "Hall", seats })).Expect(201);
    }

    [Fact]
    public async Task What_makes_a_body_too_large_beside_its_seats_makes_it_too_large()
    {
        var large = new string('x', 70_000);
        foreach (var body in new object[] { new { name = large, seats = new[] { "A1" } }, new { name = large, capacity = 1 }, new { name = "x", capacity = 1, note = large } })
        {
            Assert.Equal("413 body-too-large", (await Api.PostAsync("/v1/events", body)).Kind);
        }

        Assert.Equal("413 body-too-large", (await Api.SendAsync(HttpMethod.Post, "/v1/events", "{\"name\":\"" + large)).Kind);
        Assert.Equal("413 body-too-large", (await Api.SendAsync(HttpMethod.Post, "/v1/events", new string(' ', 70_000))).Kind);
    }

    [Fact]
    public async Task A_body_that_is_announced_as_too_large_is_refused_before_it_is_sent()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Server.Address.Host, server.Server.Address.Port);
        await using var stream = client.GetStream();

        await stream.WriteAsync("POST /v1/groups HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n"u8.ToArray());

        using var reader = new StreamReader(stream, Encoding.ASCII);
        Assert.StartsWith("HTTP/1.1 413 ", await reader.ReadLineAsync(), StringComparison.Ordinal);
    }

    private static void IsInvalid(ApiAnswer answer, string pointer)
    {
        Assert.Equal("400 invalid-request", answer.Kind);
        Assert.Equal([pointer], answer.Json.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString()));
    }
}
