using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Tiebreak.Tests.Transactions;

/// <summary>
/// A wire to PostgreSQL that can be looked at and cut. A round trip is what the client sent before it heard the server
/// again: two statements that came together are one.
/// </summary>
internal sealed class Wire : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly ConcurrentQueue<string> _roundTrips = new();
    private readonly ConcurrentQueue<TcpClient> _clients = new();
    private readonly Task _accepting;
    private volatile string? _cutAt;

    public Wire(string connectionString)
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

    public string ConnectionString { get; }

    /// <summary>What the client sent in each round trip, as text.</summary>
    public IReadOnlyCollection<string> RoundTrips => _roundTrips;

    /// <summary>
    /// Lets the statement through to the server, waits for the answer that names it (PostgreSQL's command tag), and
    /// closes the client's side instead of bringing it.
    /// </summary>
    public void CutAtAnswerTo(string statement) => _cutAt = statement;

    /// <summary>Closes the client's side of every connection; the server's stays open until the wire is disposed.</summary>
    public void CutNow()
    {
        foreach (var client in _clients)
        {
            client.Close();
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
            var client = await _listener.AcceptTcpClientAsync(_end.Token);
            _clients.Enqueue(client);
            _ = RelayAsync(client);
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            await server.ConnectAsync(_server.Host!, _server.Port, _end.Token);
            client.NoDelay = server.NoDelay = true;
            try
            {
                await ExchangeAsync(client.GetStream(), server.GetStream());
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // One side is gone, and the other goes with it.
            }
        }
    }

    private async Task ExchangeAsync(NetworkStream client, NetworkStream server)
    {
        var up = new byte[64 * 1024];
        var down = new byte[64 * 1024];
        var sending = client.ReadAsync(up, _end.Token).AsTask();
        var answering = server.ReadAsync(down, _end.Token).AsTask();
        var cut = false;
        while (true)
        {
            if (await Task.WhenAny(sending, answering) == answering)
            {
                var count = await answering;
                if (count == 0 || (cut && Encoding.Latin1.GetString(down, 0, count).Contains(_cutAt!, StringComparison.Ordinal)))
                {
                    return;
                }

                // Answers to what was sent before may still come in; they too do not reach the client any more.
                if (!cut)
                {
                    await client.WriteAsync(down.AsMemory(0, count), _end.Token);
                }

                answering = server.ReadAsync(down, _end.Token).AsTask();
            }
            else
            {
                var count = await sending;
                if (count == 0)
                {
                    return;
                }

                var sent = Encoding.Latin1.GetString(up, 0, count);
                _roundTrips.Enqueue(sent);
                cut |= _cutAt is { } statement && sent.Contains(statement, StringComparison.Ordinal);
                await server.WriteAsync(up.AsMemory(0, count), _end.Token);
                sending = client.ReadAsync(up, _end.Token).AsTask();
            }
        }
    }
}
