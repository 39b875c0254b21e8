using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tiebreak.Bench.Http;

/// <summary>
/// A connection that is kept open and sends one request after another. It does next to nothing by itself: it shares
/// the machine with the server that is measured.
/// </summary>
internal sealed class HttpCaller : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _sent = new byte[1024];
    private readonly byte[] _received = new byte[16 * 1024];

    public static async Task<HttpCaller> ConnectAsync(IPEndPoint server)
    {
        var caller = new HttpCaller();
        await caller._socket.ConnectAsync(server);
        return caller;
    }

    /// <summary>Accepts an invite for a user, with an idempotency key of their own.</summary>
    /// <exception cref="InvalidOperationException">The answer is not 200.</exception>
    public async Task AcceptAsync(string code, string user)
    {
        // The body is {"userId":"..."}: 13 bytes around the name.
        var length = Encoding.ASCII.GetBytes(
            $"POST /v1/invites/{code}/accept HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nIdempotency-Key: {user}\r\nContent-Length: {user.Length + 13}\r\n\r\n{{\"userId\":\"{user}\"}}",
            _sent);
        await _socket.SendAsync(_sent.AsMemory(0, length));
        var received = 0;
        int? status;
        do
        {
            var more = await _socket.ReceiveAsync(_received.AsMemory(received));
            if (more == 0)
            {
                throw new InvalidOperationException("The server closed the connection.");
            }

            received += more;
            status = HttpAnswer.TryReadStatus(_received.AsSpan(0, received));
        }
        while (status is null);

        if (status != 200)
        {
            throw new InvalidOperationException($"The server answered: {Encoding.UTF8.GetString(_received, 0, received)}");
        }
    }

    public void Dispose() => _socket.Dispose();
}
