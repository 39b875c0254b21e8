using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Wire;

/// <summary>Where the database is, and how a gate comes in there.</summary>
internal sealed class Upstream
{
    private readonly NpgsqlConnectionStringBuilder _settings;

    public Upstream(string connectionString)
    {
        _settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (_settings.SslMode is SslMode.Require or SslMode.VerifyCA or SslMode.VerifyFull)
        {
            throw new RaceException("The explorer's gates speak to PostgreSQL without TLS. Use a server on this machine, or one that allows connections without it, and leave out SSL Mode.");
        }
    }

    public string Database => _settings.Database ?? _settings.Username ?? "postgres";

    public string User => _settings.Username ?? "postgres";

    /// <summary>Opens a connection.</summary>
    public async Task<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        var host = _settings.Host?.Split(',')[0] ?? "localhost";
        Socket socket;
        if (host.StartsWith('/'))
        {
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint($"{host}/.s.PGSQL.{_settings.Port}"), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(host, _settings.Port, cancellationToken).ConfigureAwait(false);
        }

        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Sends a start with the client's settings, but with the database and user of this place, and comes in.</summary>
    /// <returns>The error to give to the client, or <see langword="null"/> when it is in.</returns>
    public async Task<byte[]?> EnterAsync(Stream stream, FrameReader reader, ReadOnlyMemory<byte> startup, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Startup(startup.Span), cancellationToken).ConfigureAwait(false);
        var scram = new ScramClient(_settings.Password ?? "");
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false) is { } frame)
        {
            if (frame.Type == (byte)'E')
            {
                return frame.Bytes.ToArray();
            }

            if (frame.Type != (byte)'R')
            {
                // NegotiateProtocolVersion: a newer minor version than the server's was asked for.
                continue;
            }

            var method = BinaryPrimitives.ReadInt32BigEndian(frame.Body);
            if (method == 0)
            {
                return null;
            }

            if (Answer(method, frame.Body[4..], scram) is { } answer)
            {
                await stream.WriteAsync(answer, cancellationToken).ConfigureAwait(false);
            }
        }

        throw new EndOfStreamException("The server closed the connection while it was made.");
    }

    private byte[]? Answer(int method, ReadOnlySpan<byte> data, ScramClient scram)
    {
        var password = _settings.Password ?? "";
        switch (method)
        {
            case 3:
                return Frame.OfTexts('p', password);
            case 5:
                var inner = Md5(Encoding.UTF8.GetBytes(password + User));
                return Frame.OfTexts('p', "md5" + Md5([.. Encoding.ASCII.GetBytes(inner), .. data[..4]]));
            case 10:
                var first = Encoding.UTF8.GetBytes(scram.First);
                var length = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(length, first.Length);
                return Frame.Make('p', [.. Encoding.ASCII.GetBytes(ScramClient.Mechanism), 0, .. length, .. first]);
            case 11:
                return Frame.Make('p', Encoding.UTF8.GetBytes(scram.Final(Encoding.UTF8.GetString(data))));
            case 12:
                return null;
            default:
                throw new RaceException("The server asks for a way of authentication that the explorer does not know. Use a role with a password (scram-sha-256 or md5) or trust.");
        }
    }

#pragma warning disable CA5351 // The server says how it wants the password.
    private static string Md5(byte[] bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));
#pragma warning restore CA5351

    private byte[] Startup(ReadOnlySpan<byte> asked)
    {
        var texts = Encoding.UTF8.GetString(asked[8..]).Split('\0');
        var body = new List<byte>(asked[4..8].ToArray());
        void Add(string name, string value)
        {
            body.AddRange([.. Encoding.UTF8.GetBytes(name), 0, .. Encoding.UTF8.GetBytes(value), 0]);
        }

        Add("user", User);
        Add("database", Database);
        for (var at = 0; at + 1 < texts.Length && texts[at].Length > 0; at += 2)
        {
            if (texts[at] is not ("user" or "database"))
            {
                Add(texts[at], texts[at + 1]);
            }
        }

        body.Add(0);
        var bytes = new byte[4 + body.Count];
        BinaryPrimitives.WriteInt32BigEndian(bytes, bytes.Length);
        body.CopyTo(bytes, 4);
        return bytes;
    }
}
