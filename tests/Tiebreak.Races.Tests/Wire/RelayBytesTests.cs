using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Tiebreak.Races.Wire;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Wire;

/// <summary>Messages that no driver sends, or not so.</summary>
public sealed class RelayBytesTests(PostgresCluster cluster) : RelayTests(cluster)
{
    public static TheoryData<string, byte[]> Garbage => new()
    {
        { "empty close", [(byte)'C', 0, 0, 0, 4] },
        { "empty query", [(byte)'Q', 0, 0, 0, 4] },
        { "parse without types", [(byte)'P', 0, 0, 0, 6, 0, 0] },
        { "parse with a negative count", [(byte)'P', 0, 0, 0, 8, 0, 0, 0xff, 0xff] },
        { "bind with a negative count", [(byte)'B', 0, 0, 0, 8, 0, 0, 0xff, 0xff] },
        { "length of two", [(byte)'Q', 0, 0, 0, 2] },
        { "length of 2 GB", [(byte)'Q', 0x7f, 0xff, 0xff, 0xff] },
        { "no type", [0, 0, 0, 0, 4, 1, 2, 3, 4, 5, 6, 7] },
        { "huge array", HugeArray() },
    };

    private static byte[] HugeArray()
    {
        byte[] array = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1];
        var parse = Frame.Make('P', [(byte)'s', 0, .. "SELECT $1"u8, 0, 0, 1, 0, 0, 3, 0xef]);
        var bind = Frame.Make('B', [0, (byte)'s', 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, (byte)array.Length, .. array, 0, 0]);
        return [.. parse, .. bind, .. Frame.Make('S')];
    }

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_closes_its_connection_and_nothing_else(string what, byte[] bytes)
    {
        Assert.NotEmpty(what);
        var (_, relay, source) = await OpenAsync();
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        using (var client = new TcpClient())
        {
            await client.ConnectAsync("127.0.0.1", relay.Port, Ct);
            var stream = client.GetStream();
            byte[] body = [0, 3, 0, 0, .. "user\0x\0\0"u8];
            var startup = new byte[4 + body.Length];
            BinaryPrimitives.WriteInt32BigEndian(startup, startup.Length);
            body.CopyTo(startup, 4);
            await stream.WriteAsync(startup, Ct);
            await stream.WriteAsync(bytes, Ct);
            client.Client.Shutdown(SocketShutdown.Send);
            var buffer = new byte[4096];
            try
            {
                while (await stream.ReadAsync(buffer, Ct).AsTask().WaitAsync(Bound, Ct) > 0)
                {
                }
            }
            catch (IOException)
            {
            }
        }

        await using (var connection = await source.OpenConnectionAsync(Ct))
        {
            await RunAsync(connection, "INSERT INTO stock VALUES (5, 5)");
        }

        await relay.EndRunAsync(true, Ct).WaitAsync(Bound, Ct);
        await relay.DisposeAsync().AsTask().WaitAsync(Bound, Ct);
    }

    [Fact]
    public async Task Flush_between_two_statements_keeps_one_transaction()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", relay.Port, Ct);
        var stream = client.GetStream();
        byte[] body = [0, 3, 0, 0, .. "user\0x\0\0"u8];
        var startup = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(startup, startup.Length);
        body.CopyTo(startup, 4);
        await stream.WriteAsync(startup, Ct);
        byte[] One(string sql) => [.. Frame.Make('P', [0, .. Encoding.UTF8.GetBytes(sql), 0, 0, 0]), .. Frame.Make('B', [0, 0, 0, 0, 0, 0, 0, 0]), .. Frame.Make('E', [0, 0, 0, 0, 0])];
        await stream.WriteAsync(new byte[][] { One("INSERT INTO stock VALUES (1,1)"), Frame.Make('H'), One("INSERT INTO stock VALUES (2,2)"), Frame.Make('S') }.SelectMany(b => b).ToArray(), Ct);
        var reader = new FrameReader(stream);
        var ready = new List<char>();
        while (ready.Count < 2 && await reader.ReadAsync(Ct).AsTask().WaitAsync(Bound, Ct) is { } frame)
        {
            if (frame.Type == (byte)'Z')
            {
                ready.Add((char)frame.Body[0]);
            }
        }

        Assert.Equal(['I', 'I'], ready);
        Assert.Equal(["Statement: INSERT INTO stock VALUES (1,1)", "Statement: INSERT INTO stock VALUES (2,2)", "Commit: COMMIT"], scheduler.Texts);
    }
}
