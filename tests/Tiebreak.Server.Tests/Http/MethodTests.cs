using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Http;

public sealed class MethodTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("/health/live", 200)]
    [InlineData("/health/ready", 200)]
    [InlineData("/v1/groups", 200)]
    [InlineData("/v1/accounts/nobody", 404)]
    [InlineData("/problems/busy", 200)]
    [InlineData("/nothing", 404)]
    public async Task HEAD_is_answered_as_GET_without_the_body(string path, int status)
    {
        var get = (await server.Api.GetAsync(path)).Expect(status);

        var head = (await server.Api.SendAsync(HttpMethod.Head, path)).Expect(status);

        Assert.Equal(get.MediaType, head.MediaType);
        Assert.Empty(head.Text);
    }

    [Theory]
    [InlineData("PUT", "/v1/groups", "GET,POST")]
    [InlineData("OPTIONS", "/v1/groups", "GET,POST")]
    [InlineData("GET", "/v1/programs/shop", "PUT")]
    [InlineData("HEAD", "/v1/transfers", "POST")]
    public async Task A_method_that_an_address_does_not_take_is_told_those_that_it_takes(string method, string path, string allow)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        var answer = await server.Api.SendAsync(request);

        Assert.Equal(405, answer.Status);
        Assert.Equal("application/problem+json", answer.MediaType);
        Assert.Equal(allow, answer.Headers["Allow"]);
        Assert.True(method == "HEAD" || answer.Code == "method-not-allowed");
    }

    [Theory]
    [InlineData("/openapi/v2.json")]
    [InlineData("/openapi/")]
    [InlineData("/v1//groups")]
    [InlineData("/favicon.ico")]
    public async Task An_address_without_a_route_is_a_problem(string path) => Assert.Equal("404 not-found", (await server.Api.GetAsync(path)).Kind);
}
