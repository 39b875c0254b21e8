using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;
using Tiebreak.Races.Wire;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Wire;

/// <summary>A valid conversation in pieces of any size, cut off anywhere, and garbage from either side; all seeded.</summary>
public sealed class RelayFuzzTests(PostgresCluster cluster) : RelayTests(cluster)
{
    private static byte[] Startup()
    {
        byte[] body = [0, 3, 0, 0, .. "user\0x\0\0"u8];
        var startup = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(startup, startup.Length);
        body.CopyTo(startup, 4);
        return startup;
    }

    private static byte[] Extended(string sql) =>
        [.. Frame.Make('P', [0, .. Encoding.UTF8.GetBytes(sql), 0, 0, 0]), .. Frame.Make('B', [0, 0, 0, 0, 0, 0, 0, 0]), .. Frame.Make('E', [0, 0, 0, 0, 0])];

    private static byte[] Conversation(int id) =>
        [.. Startup(), .. Frame.OfTexts('Q', "BEGIN"), .. Extended($"INSERT INTO stock VALUES ({id}, 1)"), .. Frame.Make('S'), .. Frame.OfTexts('Q', "COMMIT"), .. Frame.Make('X')];

    private static async Task SpeakAsync(int port, IEnumerable<byte[]> pieces)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", port, Ct);
        var stream = client.GetStream();
        try
        {
            foreach (var piece in pieces)
            {
                await stream.WriteAsync(piece, Ct);
                await Task.Yield();
            }

            client.Client.Shutdown(SocketShutdown.Send);
            var buffer = new byte[4096];
            while (await stream.ReadAsync(buffer, Ct).AsTask().WaitAsync(Bound, Ct) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // The gate closed it first.
        }
    }

    private static async Task<long> CountAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }

    [Fact]
    public async Task Conversation_in_pieces_of_any_size_is_the_same_conversation()
    {
        var (database, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        for (var seed = 1; seed <= 25; seed++)
        {
            var random = new Random(seed);
            var most = seed == 1 ? 1 : random.Next(2, 60);
            var left = Conversation(seed).AsMemory();
            var pieces = new List<byte[]>();
            while (left.Length > 0)
            {
                var length = Math.Min(left.Length, random.Next(1, most + 1));
                pieces.Add(left[..length].ToArray());
                left = left[length..];
            }

            await SpeakAsync(relay.Port, pieces);
        }

        Assert.Equal(25, await CountAsync(database, "SELECT count(*) FROM stock"));
    }

    [Fact]
    public async Task Conversation_cut_off_at_any_byte_leaves_nothing_running()
    {
        var (database, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var scheduler = new ReleasingScheduler(relay);
        var whole = Conversation(1);
        // Without its COMMIT, so that each cut leaves the table as it was.
        for (var length = 0; length < whole.Length - 17; length++)
        {
            await SpeakAsync(relay.Port, [whole[..length]]);
        }

        await using (var connection = await source.OpenConnectionAsync(Ct))
        {
            await RunAsync(connection, "INSERT INTO stock VALUES (1, 1)");
        }

        await source.DisposeAsync();
        await relay.EndRunAsync(true, Ct).WaitAsync(Bound, Ct);
        using var bound = new CancellationTokenSource(Bound);
        while (relay.BackendPids.Count > 0)
        {
            await Task.Delay(10, bound.Token);
        }

        Assert.Equal(1, await CountAsync(database, "SELECT count(*) FROM stock"));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { (byte)'R', 0, 0, 0, 2 })]
    [InlineData(new byte[] { (byte)'R', 0x7f, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { (byte)'R', 0, 0, 0, 4 })]
    [InlineData(new byte[] { (byte)'R', 0, 0, 0, 8, 0, 0, 0, 0, (byte)'K', 0, 0, 0, 4 })]
    [InlineData(new byte[] { (byte)'E', 0, 0, 0, 4 })]
    [InlineData(new byte[] { (byte)'R', 0, 0, 0, 8, 0, 0, 0, 0, (byte)'Z', 0, 0, 0, 4 })]
    public async Task Server_that_answers_garbage_ends_the_connection(byte[] answer)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var serving = Task.Run(async () =>
        {
            using var accepted = await server.AcceptTcpClientAsync(Ct);
            _ = await new FrameReader(accepted.GetStream()).ReadStartupAsync(Ct);
            await accepted.GetStream().WriteAsync(answer, Ct);
        }, Ct);
        var relay = ActorRelay.Start($"Host=127.0.0.1;Port={((IPEndPoint)server.LocalEndpoint).Port};Username=x;Password=x;Database=x;SSL Mode=Disable", 0, NoFunctions);
        await SpeakAsync(relay.Port, [Startup()]);
        await relay.DisposeAsync().AsTask().WaitAsync(Bound, Ct);
        await serving.WaitAsync(Bound, Ct);
    }
}
