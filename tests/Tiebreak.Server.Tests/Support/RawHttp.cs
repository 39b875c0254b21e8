using System.Net.Sockets;
using System.Text;

namespace Tiebreak.Server.Tests.Support;

/// <summary>Sends bytes as they are: what no client would send.</summary>
public static class RawHttp
{
    /// <summary>One request on a connection of its own; the answer whole, which ends with the connection.</summary>
    /// <param name="address">The server.</param>
    /// <param name="head">The request line and headers, without the empty line; <c>Connection: close</c> is added.</param>
    /// <param name="body">What follows, as it is.</param>
    public static async Task<ApiAnswer> SendAsync(Uri address, string head, string body = "")
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"{head}\r\nConnection: close\r\n\r\n{body}"));
        var answer = await ReadAsync(stream);
        var parts = answer.Split("\r\n\r\n", 2);
        var lines = parts[0].Split("\r\n");
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        return new ApiAnswer(int.Parse(lines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture),
            headers.ContainsKey("Transfer-Encoding") ? Unchunked(parts[1]) : parts[1], headers.GetValueOrDefault("Content-Type")?.Split(';')[0], headers);
    }

    private static async Task<string> ReadAsync(NetworkStream stream)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var received = new MemoryStream();
        try
        {
            await stream.CopyToAsync(received, bound.Token);
        }
        catch (IOException) when (received.Length > 0)
        {
            // A server that answers before it has read everything resets the connection behind its answer.
        }

        return Encoding.UTF8.GetString(received.ToArray());
    }

    private static string Unchunked(string body)
    {
        var text = new StringBuilder();
        while (body.Split("\r\n", 2) is [var size, var rest] && int.Parse(size, System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture) is > 0 and var length)
        {
            text.Append(rest.AsSpan(0, length));
            body = rest[(length + 2)..];
        }

        return text.ToString();
    }
}
