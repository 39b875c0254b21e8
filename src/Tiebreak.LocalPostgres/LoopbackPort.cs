using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Tiebreak.LocalPostgres;

/// <summary>A port that nobody listens on.</summary>
internal static class LoopbackPort
{
    // Below the ports that systems hand out to outgoing connections: a server that is started again finds its port free.
    private const int First = 20000;
    private const int End = 32000;

    internal static int Find()
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var port = RandomNumberGenerator.GetInt32(First, End);
            if (IsFree(port))
            {
                return port;
            }
        }

        throw new LocalPostgresException($"No free port was found between {First} and {End} on 127.0.0.1.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
