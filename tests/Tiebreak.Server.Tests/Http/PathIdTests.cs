using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Http;

public sealed class PathIdTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("a/b", "a%2fb")]
    [InlineData("a%2Fb", "a%252Fb")]
    [InlineData("a%252Fb", "a%25252Fb")]
    [InlineData("100%", "100%25")]
    [InlineData("dots.and spaces", "dots.and%20spaces")]
    [InlineData("\u00fcber+\ud83d\ude00", "%C3%BCber+%F0%9F%98%80")]
    public async Task An_id_is_the_same_in_an_address_and_in_a_body(string id, string inAddress)
    {
        var answer = (await server.Api.PutAsync($"/v1/accounts/{inAddress}", new { })).Expect(201, 200);
        Assert.Equal(id, answer.String("id"));
        (await server.Api.PostAsync("/v1/accounts/from/earn", new { points = 5 })).Expect(201);
        var transfer = (await server.Api.PostAsync("/v1/transfers", new { fromAccountId = "from", toAccountId = id, points = 1 })).Expect(201);
        Assert.Equal(id, transfer.Json.GetProperty("to").GetProperty("accountId").GetString());
    }

    [Theory]
    [InlineData("a%zz")]
    [InlineData("100%")]
    [InlineData("a%2")]
    [InlineData("a%ff")]
    [InlineData("a%ed%a0%80")]
    [InlineData("a%C3%2Fb")]
    [InlineData("a%C0%AFb")]
    public async Task An_address_whose_escapes_are_no_UTF_8_names_nothing(string inAddress)
    {
        var address = new Uri($"{server.Server.Address}v1/accounts/{inAddress}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Put, address);

        Assert.Equal("400 invalid-request", (await server.Api.SendAsync(request)).Kind);
    }
}
