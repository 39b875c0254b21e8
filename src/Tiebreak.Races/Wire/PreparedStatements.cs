using System.Buffers.Binary;
using System.Text;

namespace Tiebreak.Races.Wire;

/// <summary>A statement with its parameters, as an Execute means it.</summary>
internal sealed record BoundStatement(string Sql, IReadOnlyList<string?> Parameters);

/// <summary>What a client has parsed and bound on a connection.</summary>
internal sealed class PreparedStatements
{
    private readonly Dictionary<string, (string Sql, uint[] Types)> _statements = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BoundStatement> _portals = new(StringComparer.Ordinal);

    /// <summary>The text behind a name; empty where there is none.</summary>
    public string SqlOf(string name) => _statements.TryGetValue(name, out var statement) ? statement.Sql : "";

    /// <summary>The parameter types behind a name.</summary>
    public uint[] TypesOf(string name) => _statements.TryGetValue(name, out var statement) ? statement.Types : [];

    /// <summary>What an Execute of this portal runs.</summary>
    public BoundStatement Portal(string name) => _portals.GetValueOrDefault(name) ?? new BoundStatement("", []);

    public void Forget()
    {
        _statements.Clear();
        _portals.Clear();
    }

    /// <summary>Takes note of a Parse; returns the statement's name.</summary>
    public string Parse(ReadOnlySpan<byte> body)
    {
        var name = Text(ref body);
        var sql = Text(ref body);
        var types = new uint[BinaryPrimitives.ReadUInt16BigEndian(body)];
        for (var at = 0; at < types.Length; at++)
        {
            types[at] = BinaryPrimitives.ReadUInt32BigEndian(body[(2 + (at * 4))..]);
        }

        _statements[name] = (sql, types);
        return name;
    }

    /// <summary>Takes note of a Bind; returns the statement's name and where it stands in the body.</summary>
    public (string Statement, int Offset) Bind(ReadOnlySpan<byte> body)
    {
        var all = body.Length;
        var portal = Text(ref body);
        var offset = all - body.Length;
        var name = Text(ref body);
        var formats = new ushort[Count(ref body)];
        for (var at = 0; at < formats.Length; at++)
        {
            formats[at] = Count(ref body);
        }

        var types = TypesOf(name);
        var values = new string?[Count(ref body)];
        for (var at = 0; at < values.Length; at++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(body);
            body = body[4..];
            if (length >= 0)
            {
                var format = formats.Length switch { 0 => 0, 1 => formats[0], _ => at < formats.Length ? formats[at] : throw new InvalidDataException("A Bind names a format for each of its parameters.") };
                values[at] = format == 0 ? Encoding.UTF8.GetString(body[..length]) : BinaryParameters.Text(at < types.Length ? types[at] : 0, body[..length]);
                body = body[length..];
            }
        }

        _portals[portal] = new BoundStatement(SqlOf(name), values);
        return (name, offset);
    }

    /// <summary>Takes note of a Close.</summary>
    public void Close(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            throw new InvalidDataException("A Close says what it closes.");
        }

        var isStatement = body[0] == (byte)'S';
        body = body[1..];
        var name = Text(ref body);
        if (isStatement)
        {
            _statements.Remove(name);
        }
        else
        {
            _portals.Remove(name);
        }
    }

    /// <summary>Reads a text that ends with a zero.</summary>
    public static string Text(ref ReadOnlySpan<byte> body)
    {
        var end = body.IndexOf((byte)0);
        if (end < 0)
        {
            throw new InvalidDataException("A text in a message does not end.");
        }

        var text = Encoding.UTF8.GetString(body[..end]);
        body = body[(end + 1)..];
        return text;
    }

    // There can be 65,535 parameters.
    private static ushort Count(ref ReadOnlySpan<byte> body)
    {
        var value = BinaryPrimitives.ReadUInt16BigEndian(body);
        body = body[2..];
        return value;
    }
}
