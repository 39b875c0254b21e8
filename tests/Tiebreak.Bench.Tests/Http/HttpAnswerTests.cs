using System.Text;
using Tiebreak.Bench.Http;

namespace Tiebreak.Bench.Tests.Http;

public sealed class HttpAnswerTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\n{}", 200)]
    [InlineData("HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", 204)]
    [InlineData("HTTP/1.1 409 Conflict\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 409)]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 503)]
    public void A_whole_answer_has_a_status(string answer, int status)
    {
        Assert.Equal(status, HttpAnswer.TryReadStatus(Encoding.ASCII.GetBytes(answer)));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\n{}")]
    [InlineData("HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")]
    public void Part_of_an_answer_has_none(string answer)
    {
        var bytes = Encoding.ASCII.GetBytes(answer);
        Assert.All(Enumerable.Range(0, bytes.Length), length => Assert.Null(HttpAnswer.TryReadStatus(bytes.AsSpan(0, length))));
    }
}
