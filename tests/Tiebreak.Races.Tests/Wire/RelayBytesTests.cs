using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Npgsql;
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
            await stream.WriteAsync(Startup([0, 3, 0, 0, .. "user\0x\0\0"u8]), Ct);
            await stream.WriteAsync(bytes, Ct);
            await UntilClosedAsync(client);
        }

        await OthersGoOnAsync(relay, source);
    }

    public static TheoryData<string, byte[]> BadStarts => new()
    {
        { "nothing", [] },
        { "half a length", [0, 0] },
        { "length of zero", [0, 0, 0, 0] },
        { "length alone", [0, 0, 0, 4] },
        { "negative length", [0xff, 0xff, 0xff, 0xff, 0, 3, 0, 0] },
        { "length of 2 GB", [0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0] },
        { "protocol 2", Startup([0, 2, 0, 0]) },
        { "HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray() },
        { "TLS at once", [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3] },
        { "TLS asked for, then garbage", [.. Startup([4, 0xd2, 0x16, 0x2f]), 1, 2, 3, 4, 5, 6, 7, 8, 9] },
        { "cancel without a key", Startup([4, 0xd2, 0x16, 0x2e]) },
        { "cancel of nobody", Startup([4, 0xd2, 0x16, 0x2e, 0, 0, 0, 1, 0, 0, 0, 2]) },
    };

    [Theory]
    [MemberData(nameof(BadStarts))]
    public async Task Garbage_as_a_start_closes_its_connection_and_nothing_else(string what, byte[] bytes)
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        using (var client = new TcpClient())
        {
            await client.ConnectAsync("127.0.0.1", relay.Port, Ct);
            await client.GetStream().WriteAsync(bytes, Ct);
            var answer = await UntilClosedAsync(client);
            Assert.True(answer is [] or [(byte)'E', ..] or [(byte)'N', ..], $"{what}: {Convert.ToHexString(answer)}");
        }

        await OthersGoOnAsync(relay, source);
    }

    [Fact]
    public async Task Statement_that_waits_for_a_lock_ends_with_the_run_though_its_client_is_dead()
    {
        var (database, relay, source) = await OpenAsync("", "INSERT INTO stock VALUES (1, 1)");
        await using var ownedSource = source;
        await using var direct = NpgsqlDataSource.Create(database);
        await using var locker = await direct.OpenConnectionAsync(Ct);
        await RunAsync(locker, "BEGIN; UPDATE stock SET units = 2");
        relay.BeginRun(new GateSettings());
        using (var client = new TcpClient())
        {
            await client.ConnectAsync("127.0.0.1", relay.Port, Ct);
            await client.GetStream().WriteAsync(Startup([0, 3, 0, 0, .. "user\0x\0\0"u8]), Ct);
            await client.GetStream().WriteAsync(Frame.Make('Q', [.. "UPDATE stock SET units = 3\0"u8]), Ct);
            _ = (await relay.NextAsync(Ct).AsTask().WaitAsync(Bound, Ct)).ReleaseAsync();
            client.Client.Close(0);
        }

        await relay.EndRunAsync(false, Ct).WaitAsync(Bound, Ct);

        // PostgreSQL sends the error first, and takes the wait off its list when it has cleared up.
        await using var waiting = direct.CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
        using var bound = new CancellationTokenSource(Bound);
        while (await waiting.ExecuteScalarAsync(bound.Token) is not 0L)
        {
            await Task.Delay(5, bound.Token);
        }

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
        await stream.WriteAsync(Startup([0, 3, 0, 0, .. "user\0x\0\0"u8]), Ct);
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
        Assert.Equal(["Statement: INSERT INTO stock VALUES (1,1)", "Statement: INSERT INTO stock VALUES (2,2)", "Commit: COMMIT -- the explorer's"], scheduler.Texts);
    }

    private static byte[] Startup(byte[] body)
    {
        var message = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length);
        body.CopyTo(message, 4);
        return message;
    }

    private static async Task<byte[]> UntilClosedAsync(TcpClient client)
    {
        using var answer = new MemoryStream();
        var stream = client.GetStream();
        client.Client.Shutdown(SocketShutdown.Send);
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, Ct).AsTask().WaitAsync(Bound, Ct) is > 0 and var length)
            {
                answer.Write(buffer, 0, length);
            }
        }
        catch (IOException)
        {
            // Closed with something unread.
        }

        return answer.ToArray();
    }

    private static async Task OthersGoOnAsync(ActorRelay relay, NpgsqlDataSource source)
    {
        await using (var connection = await source.OpenConnectionAsync(Ct))
        {
            await RunAsync(connection, "INSERT INTO stock VALUES (5, 5)");
        }

        await relay.EndRunAsync(true, Ct).WaitAsync(Bound, Ct);
        await relay.DisposeAsync().AsTask().WaitAsync(Bound, Ct);
    }
}
