using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Tiebreak.Server.Tests.Chaos;

/// <summary>The way to PostgreSQL, which can be cut at any byte of what passes in either direction.</summary>
internal sealed class CuttingRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly Task _accepting;
    private readonly Lock _arming = new();
    private Cut? _armed;

    public CuttingRelay(string connectionString)
    {
        _server = new NpgsqlConnectionStringBuilder(connectionString);
        _listener.Start();
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
        }.ConnectionString;
        _accepting = AcceptAsync();
    }

    /// <summary>Which way bytes go.</summary>
    public enum Direction
    {
        ToServer,
        ToClient,
    }

    public string ConnectionString { get; }

    /// <summary>
    /// Lets so many more bytes pass in this direction, over all connections, and cuts the one that the next would have
    /// passed on: both of its sides are reset. Done when it is cut.
    /// </summary>
    public Task CutAfterAsync(Direction direction, int bytes)
    {
        lock (_arming)
        {
            _armed = new Cut(direction, bytes);
            return _armed.Done.Task;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            _ = RelayAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(_server.Host!, _server.Port, _end.Token);
                client.NoDelay = server.NoDelay = true;
                await await Task.WhenAny(PassAsync(client, server, Direction.ToServer), PassAsync(server, client, Direction.ToClient));
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // One side is gone, and the other goes with it.
            }
        }
    }

    private async Task PassAsync(TcpClient from, TcpClient to, Direction direction)
    {
        var buffer = new byte[16 * 1024];
        while (await from.GetStream().ReadAsync(buffer, _end.Token) is > 0 and var count)
        {
            var cut = TakeCut(direction, count, out var passing);
            await to.GetStream().WriteAsync(buffer.AsMemory(0, passing), _end.Token);
            if (cut is not null)
            {
                // A reset, as a machine sends it that has lost its memory of the connection.
                from.LingerState = to.LingerState = new LingerOption(enable: true, seconds: 0);
                from.Close();
                to.Close();
                cut.Done.TrySetResult();
                return;
            }
        }
    }

    private Cut? TakeCut(Direction direction, int count, out int passing)
    {
        lock (_arming)
        {
            passing = count;
            if (_armed is not { } cut || cut.Direction != direction)
            {
                return null;
            }

            if (count <= cut.BytesLeft)
            {
                cut.BytesLeft -= count;
                return null;
            }

            passing = cut.BytesLeft;
            _armed = null;
            return cut;
        }
    }

    private sealed class Cut(Direction direction, int bytes)
    {
        public Direction Direction => direction;

        public int BytesLeft { get; set; } = bytes;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
