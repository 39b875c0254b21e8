using System.Buffers.Binary;
using System.Text;

namespace Tiebreak.Races.Wire;

/// <summary>One message of the protocol.</summary>
/// <param name="Type">Its first byte.</param>
/// <param name="Bytes">All of it, type and length included.</param>
/// <remarks>https://www.postgresql.org/docs/current/protocol-message-formats.html</remarks>
internal readonly record struct Frame(byte Type, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>What follows type and length.</summary>
    public ReadOnlySpan<byte> Body => Bytes.Span[5..];

    /// <summary>A message with this body.</summary>
    public static byte[] Make(char type, params ReadOnlySpan<byte> body)
    {
        var bytes = new byte[5 + body.Length];
        bytes[0] = (byte)type;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), 4 + body.Length);
        body.CopyTo(bytes.AsSpan(5));
        return bytes;
    }

    /// <summary>A message of texts that each end with a zero.</summary>
    public static byte[] OfTexts(char type, params ReadOnlySpan<string> texts)
    {
        var body = new List<byte>();
        foreach (var text in texts)
        {
            body.AddRange(Encoding.UTF8.GetBytes(text));
            body.Add(0);
        }

        return Make(type, [.. body]);
    }
}
