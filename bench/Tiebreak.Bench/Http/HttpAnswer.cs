using System.Globalization;
using System.Text;

namespace Tiebreak.Bench.Http;

/// <summary>As much of an HTTP/1.1 answer as the measurement needs: its status, and where it ends.</summary>
internal static class HttpAnswer
{
    /// <summary>The status, once the whole answer is there; <see langword="null"/> while more is to come.</summary>
    /// <param name="received">What came since the request was sent. One answer at most: nothing is pipelined.</param>
    public static int? TryReadStatus(ReadOnlySpan<byte> received)
    {
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return null;
        }

        var body = received[(end + 4)..];
        var head = Encoding.ASCII.GetString(received[..end]);
        var isComplete = Field(head, "Transfer-Encoding") is not null
            ? body.StartsWith("0\r\n\r\n"u8) || body.EndsWith("\r\n0\r\n\r\n"u8)
            : body.Length >= int.Parse(Field(head, "Content-Length") ?? "0", NumberStyles.None, CultureInfo.InvariantCulture);
        return isComplete ? int.Parse(head.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture) : null;
    }

    private static string? Field(string head, string name)
    {
        var at = head.IndexOf($"\r\n{name}: ", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        var from = at + name.Length + 4;
        var to = head.IndexOf("\r\n", from, StringComparison.Ordinal);
        return head[from..(to < 0 ? head.Length : to)];
    }
}
