using Microsoft.Extensions.Logging;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Http;

/// <summary>Bodies that are framed as none are: the fault is the caller's, and no line of the log.</summary>
public sealed class FramingTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("ffffffffffffffff\r\n{\"name\":\"x\"}")]
    [InlineData("80000000\r\n{\"name\":\"x\"}")]
    [InlineData("ffffffff\r\n{\"name\":\"x\"}")]
    [InlineData("7fffffffffffffff\r\n{\"name\":\"x\"}")]
    [InlineData("8000000000000000\r\n{\"name\":\"x\"}")]
    [InlineData("fffffffffffffffffffffff\r\n{\"name\":\"x\"}")]
    [InlineData("-1\r\n{\"name\":\"x\"}")]
    [InlineData("\r\n{\"name\":\"x\"}")]
    [InlineData("zz\r\n{\"name\":\"x\"}")]
    [InlineData("c\r\n{\"name\":\"x\"}zz0\r\n\r\n")]
    [InlineData("c;ext=\u0001\r\n{\"name\":\"x\"}\r\n0\r\nTrailer\r\n\r\n")]
    public async Task A_chunk_that_is_none_is_the_callers_fault(string body)
    {
        foreach (var line in new[] { "POST /v1/groups", "POST /v1/transfers", "DELETE /v1/invites/NONE-SUCH", "POST /nowhere" })
        {
            var answer = await RawHttp.SendAsync(server.Server.Address, $"{line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked", body);

            Assert.InRange(answer.Status, 400, 499);
        }

        Assert.DoesNotContain(server.Server.Log.Lines, line => line.Level >= LogLevel.Warning);
    }
}
