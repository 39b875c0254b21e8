using System.Text;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Http;

public sealed class BodyBoundTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData(65_536, 201)]
    [InlineData(65_537, 413)]
    [InlineData(131_072, 413)]
    public async Task A_body_that_is_right_otherwise_may_have_64_KiB_and_not_a_byte_more(int bytes, int status)
    {
        var before = (await server.Api.ListAsync("/v1/groups")).Count;
        var body = "{\"name\":\"Chess\"}".PadRight(bytes);
        Assert.Equal(bytes, Encoding.UTF8.GetByteCount(body));

        var answer = (await server.Api.SendAsync(HttpMethod.Post, "/v1/groups", body)).Expect(status);

        Assert.Equal(status == 413 ? "body-too-large" : null, answer.Code);
        Assert.Equal(before + (status == 201 ? 1 : 0), (await server.Api.ListAsync("/v1/groups")).Count);
    }
}
