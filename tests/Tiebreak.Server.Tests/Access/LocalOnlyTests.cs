using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Access;

/// <summary>A server that asks nobody who they are answers callers of its own machine only.</summary>
public sealed class LocalOnlyTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string NewGroup = "{\"name\":\"x\"}";

    private Uri Address => server.Server.Address;

    [Theory]
    [InlineData("localhost")]
    [InlineData("localhost:5080")]
    [InlineData("LOCALHOST")]
    [InlineData("app.localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.9.10:80")]
    [InlineData("[::1]:5080")]
    public async Task A_loopback_name_is_answered(string host) => Assert.Equal("201", (await PostAsync($"Host: {host}")).Kind);

    [Theory]
    [InlineData("evil.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("notlocalhost")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("10.0.0.1")]
    [InlineData("[2001:db8::1]")]
    [InlineData("0.0.0.0")]
    public async Task Another_name_that_was_made_to_lead_here_is_refused_and_nothing_happens(string host)
    {
        var before = (await server.Api.ListAsync("/v1/groups")).Count;

        Assert.Equal("400 invalid-request", (await PostAsync($"Host: {host}")).Kind);
        Assert.Equal("400 invalid-request", (await RawHttp.SendAsync(Address, $"GET / HTTP/1.1\r\nHost: {host}")).Kind);
        Assert.Equal(before, (await server.Api.ListAsync("/v1/groups")).Count);
    }

    [Theory]
    [InlineData("Forwarded: for=192.0.2.1")]
    [InlineData("X-Forwarded-For: 192.0.2.1")]
    [InlineData("x-forwarded-host: shop.example")]
    [InlineData("X-Forwarded-Proto: https")]
    [InlineData("Via: 1.1 proxy")]
    public async Task What_came_through_a_proxy_is_refused(string header)
    {
        Assert.Equal("403 forwarded-request", (await PostAsync("Host: localhost", header)).Kind);
        Assert.Equal("403 forwarded-request", (await RawHttp.SendAsync(Address, $"GET /v1/groups HTTP/1.1\r\nHost: localhost\r\n{header}")).Kind);
    }

    [Fact]
    public async Task A_supervisor_may_ask_for_health_by_any_name() =>
        Assert.Equal("200", (await RawHttp.SendAsync(Address, "GET /health/ready HTTP/1.1\r\nHost: pod-7\r\nX-Forwarded-For: 192.0.2.1")).Kind);

    [Theory]
    [InlineData("a..b")]
    [InlineData("x'y")]
    [InlineData("a b")]
    [InlineData("-")]
    [InlineData("[::1")]
    [InlineData("localhost:99999")]
    [InlineData("a;b")]
    [InlineData("")]
    public async Task A_host_that_is_none_is_the_callers_fault_on_every_address(string host)
    {
        foreach (var path in new[] { "/", "/problems", "/problems/busy", "/openapi/v1.json", "/v1/groups", "/health/live", "/nowhere" })
        {
            Assert.Equal(400, (await RawHttp.SendAsync(Address, $"GET {path} HTTP/1.1\r\nHost: {host}")).Status);
        }
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("x'y")]
    [InlineData("")]
    public async Task So_it_is_where_every_name_is_allowed(string host)
    {
        await using var open = await ServerUnderTest.StartAsync(server.ConnectionString, configure: builder => builder.Configuration["AllowedHosts"] = "*");

        Assert.Equal("400 invalid-request", (await RawHttp.SendAsync(open.Address, $"GET / HTTP/1.1\r\nHost: {host}")).Kind);
    }

    [Fact]
    public async Task Who_sets_the_names_that_are_served_may_stand_behind_a_proxy()
    {
        await using var served = await ServerUnderTest.StartAsync(server.ConnectionString, configure: builder => builder.Configuration["AllowedHosts"] = "shop.example;127.0.0.1");

        Assert.Equal("200", (await RawHttp.SendAsync(served.Address, "GET /v1/groups HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 192.0.2.1")).Kind);
        var other = await RawHttp.SendAsync(served.Address, "GET /v1/groups HTTP/1.1\r\nHost: evil.example");
        Assert.Equal("400 invalid-request", other.Kind);
        Assert.Equal("nosniff", other.Headers["X-Content-Type-Options"]);
    }

    private Task<ApiAnswer> PostAsync(params string[] headers) => RawHttp.SendAsync(
        Address, $"POST /v1/groups HTTP/1.1\r\n{string.Join("\r\n", headers)}\r\nContent-Type: application/json\r\nContent-Length: {NewGroup.Length}", NewGroup);
}
