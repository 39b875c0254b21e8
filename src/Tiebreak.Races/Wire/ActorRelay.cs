using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Wire;

/// <summary>
/// The gate of one actor: a listener on a loopback port that speaks PostgreSQL's protocol 3 and passes it on to the database,
/// holding statements while a run goes on.
/// </summary>
/// <remarks>
/// It listens on loopback and leads to a scratch database, with the rights of that database's own role. Who comes in must know
/// the gate's password, under any name; without one it lets in everybody on this machine. TLS and GSS are refused.
/// https://www.postgresql.org/docs/current/protocol-flow.html
/// </remarks>
internal sealed class ActorRelay : IActorGate
{
    private readonly Upstream _upstream;
    private readonly StatementClassifier _classifier;
    private readonly GateDoor _door;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<RelayConnection, Task> _connections = new();
    private readonly ConcurrentDictionary<Task, byte> _starting = new();
    private readonly Task _accepting;
    private volatile GateRun? _run;

    private ActorRelay(Upstream upstream, Socket listener, IReadOnlySet<string> functions, string? password)
    {
        _door = new GateDoor(password, SendCancelAsync, _stop.Token);
        _upstream = upstream;
        _listener = listener;
        _classifier = new StatementClassifier(functions);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        ConnectionString = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Port,
            Username = upstream.User,
            Password = password ?? "any",
            Database = upstream.Database,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
            // A statement that waits for its turn must not be given up by the driver.
            CommandTimeout = 0,
            Timeout = 15,
        }.ConnectionString;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port { get; }

    public string ConnectionString { get; }

    public IReadOnlyCollection<int> BackendPids => [.. _connections.Keys.Select(connection => connection.BackendPid).Where(pid => pid != 0)];

    /// <summary>Opens a gate.</summary>
    /// <param name="upstream">The database's connection string.</param>
    /// <param name="port">Where to listen; 0 for any free port.</param>
    /// <param name="functions">Names of the application's own functions: a statement that calls one counts as writing.</param>
    /// <param name="password">Asked of whoever connects; <see langword="null"/> lets in everybody.</param>
    /// <exception cref="RaceException">The port is taken.</exception>
    public static ActorRelay Start(string upstream, int port, IReadOnlySet<string> functions, string? password = null)
    {
        var place = new Upstream(upstream);
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen(128);
            return new ActorRelay(place, listener, functions, password);
        }
        catch (SocketException exception)
        {
            listener.Dispose();
            throw new RaceException($"Port {port} of 127.0.0.1 cannot be listened on ({exception.SocketErrorCode}). Stop what uses it, or choose another one.", exception);
        }
    }

    public void BeginRun(GateSettings settings) => _run = new GateRun(settings);

    public ValueTask<IHeldStatement> NextAsync(CancellationToken cancellationToken) => _run is { } run ? NextAsync(run, cancellationToken) : throw new InvalidOperationException("No run was begun.");

    public ValueTask<bool> HoldFinalCommitAsync(CancellationToken cancellationToken)
    {
        var run = _run;
        return ValueTask.FromResult(run is not null && _connections.Keys.Select(connection => connection.HoldFinalCommit(run)).ToList().Contains(true));
    }

    public async Task EndRunAsync(bool close, CancellationToken cancellationToken)
    {
        var run = _run;
        _run = null;
        run?.End();
        await Task.WhenAll(_connections.Keys.Select(connection => connection.EndRunAsync(close, CancelAsync, cancellationToken))).ConfigureAwait(false);
        if (close)
        {
            await Task.WhenAll(_connections.Where(connection => connection.Key.IsClosed).Select(connection => connection.Value)).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _run?.End();
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_connections.Keys.Select(connection => connection.CloseAsync())).ConfigureAwait(false);
        await Task.WhenAll([.. _connections.Values, .. _starting.Keys]).ConfigureAwait(false);
        _stop.Dispose();
    }

    private static async ValueTask<IHeldStatement> NextAsync(GateRun run, CancellationToken cancellationToken) => await run.NextAsync(cancellationToken).ConfigureAwait(false);

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                socket.NoDelay = true;
                var started = ServeAsync(new NetworkStream(socket, ownsSocket: true));
                _starting.TryAdd(started, 0);
                _ = started.ContinueWith(task => _starting.TryRemove(task, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Closed, or a client that went away before it was let in.
            }
        }
    }

    private async Task ServeAsync(NetworkStream client)
    {
        Stream? server = null;
        try
        {
            var fromClient = new FrameReader(client);
            if (await _door.EnterAsync(client, fromClient).ConfigureAwait(false) is not { } startup)
            {
                return;
            }

            server = await _upstream.OpenAsync(_stop.Token).ConfigureAwait(false);
            var fromServer = new FrameReader(server);
            if (await _upstream.EnterAsync(server, fromServer, startup, _stop.Token).ConfigureAwait(false) is { } error)
            {
                await client.WriteAsync(error, _stop.Token).ConfigureAwait(false);
                return;
            }

            // AuthenticationOk: what follows up to the first ReadyForQuery is passed on as it comes.
            await client.WriteAsync(Frame.Make('R', 0, 0, 0, 0), _stop.Token).ConfigureAwait(false);
            await using var connection = new RelayConnection(client, fromClient, server, fromServer, _classifier, () => _run);
            var running = connection.RunAsync();
            _connections.TryAdd(connection, running);
            try
            {
                if (_stop.IsCancellationRequested)
                {
                    await connection.CloseAsync().ConfigureAwait(false);
                }

                await running.ConfigureAwait(false);
            }
            finally
            {
                _connections.TryRemove(connection, out _);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or InvalidDataException or OperationCanceledException or ObjectDisposedException or RaceException or FormatException or ArgumentException)
        {
            await RefuseAsync(client, exception).ConfigureAwait(false);
        }
        finally
        {
            await client.DisposeAsync().ConfigureAwait(false);
            if (server is not null)
            {
                await server.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private Task CancelAsync(byte[] key)
    {
        var request = new byte[8 + key.Length];
        BinaryPrimitives.WriteInt32BigEndian(request, request.Length);
        BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(4), GateDoor.CancelCode);
        key.CopyTo(request, 8);
        return SendCancelAsync(request);
    }

    private async Task SendCancelAsync(byte[] request)
    {
        try
        {
            await using var server = await _upstream.OpenAsync(_stop.Token).ConfigureAwait(false);
            await server.WriteAsync(request, _stop.Token).ConfigureAwait(false);
            // The server closes once it has passed the request on.
            _ = await server.ReadAsync(new byte[1], _stop.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // A server that is gone runs nothing that could be cancelled.
        }
    }

    private static async Task RefuseAsync(Stream client, Exception exception)
    {
        try
        {
            await client.WriteAsync(Frame.OfTexts('E', "SFATAL", "C08006", "MThe explorer's gate cannot reach the database: " + exception.Message, "")).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            // Nobody is there to be told.
        }
    }
}
