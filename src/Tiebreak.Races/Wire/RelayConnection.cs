using System.Net.Sockets;

namespace Tiebreak.Races.Wire;

/// <summary>One connection of an actor: what the client sends is held here until it may go.</summary>
internal sealed class RelayConnection : IAsyncDisposable
{
    private readonly Stream _client;
    private readonly FrameReader _fromClient;
    private readonly Stream _server;
    private readonly BackendPump _pump;
    private readonly ServerLine _line;
    private readonly GateTransactions _own;
    private readonly SimpleQuery _simple;
    private readonly ExtendedQuery _extended;
    private readonly Pipeline _pipeline;
    private readonly CancellationTokenSource _stop = new();
    private int _isClosed;

    public RelayConnection(Stream client, FrameReader fromClient, Stream server, FrameReader fromServer, StatementClassifier classifier, Func<GateRun?> currentRun)
    {
        (_client, _fromClient, _server) = (client, fromClient, server);
        _pump = new BackendPump(fromServer, client);
        _line = new ServerLine(server, _pump, _stop.Token);
        _own = new GateTransactions(_line, _stop.Token);
        _simple = new SimpleQuery(_line, _own, classifier, currentRun);
        _extended = new ExtendedQuery(_line, _own, currentRun);
        _pipeline = new Pipeline(classifier, currentRun);
    }

    /// <summary>Whether it was closed from here.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    public int BackendPid => _pump.BackendPid;

    public byte[] CancelKey => _pump.CancelKey;

    /// <summary>Runs until either side closes it.</summary>
    public async Task RunAsync()
    {
        var pump = _pump.RunAsync(_stop.Token);
        var reading = ReadAsync();
        try
        {
            await await Task.WhenAny(pump, reading).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or OperationCanceledException or ObjectDisposedException or ArgumentException or SocketException)
        {
            // One side went away, or speaks something else; the connection ends for both.
        }
        finally
        {
            await CloseAsync().ConfigureAwait(false);
            _own.Held?.Refuse();
            await Task.WhenAll(Quiet(pump), Quiet(reading), Quiet(_own.Ending)).ConfigureAwait(false);
        }
    }

    /// <summary>Closes both sides.</summary>
    public async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }

        await _client.DisposeAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The actor's run is over: nothing of it stays open.</summary>
    /// <param name="close">Whether the connection ends as well.</param>
    /// <param name="cancel">Asks the server to end the statement under way.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task EndRunAsync(bool close, Func<byte[], Task> cancel, CancellationToken cancellationToken)
    {
        if (_own.Held is { } held && !held.Result.IsCompleted)
        {
            close = true;
            if (held.Released.IsCompletedSuccessfully && held.Released.Result)
            {
                // A request that overtakes its statement cancels nothing.
                for (var attempt = 0; attempt < 30 && !held.Result.IsCompleted && !cancellationToken.IsCancellationRequested; attempt++)
                {
                    await cancel(CancelKey).ConfigureAwait(false);
                    await Task.WhenAny(held.Result, Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken)).ConfigureAwait(false);
                }
            }
            else
            {
                held.Refuse();
            }
        }

        // Cutting what lies idle in a pool ends nothing, and kills applications that do not expect it.
        var isIdle = _pump is { Status: 'I', IsOwed: false } && !_own.IsWrapped && (_own.Held is not { } last || last.Result.IsCompletedSuccessfully);
        await _own.EndRunAsync(cancellationToken).ConfigureAwait(false);
        if (close && !isIdle)
        {
            await CloseAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc cref="GateTransactions.HoldFinalCommit"/>
    public bool HoldFinalCommit(GateRun run) => _own.HoldFinalCommit(run);

    private async Task ReadAsync()
    {
        while (await _fromClient.ReadAsync(_stop.Token).ConfigureAwait(false) is { } frame)
        {
            switch ((char)frame.Type)
            {
                case 'P' or 'B' or 'D' or 'C' or 'E':
                    _pipeline.Add(frame);
                    break;
                case 'S' when _pump.IgnoredSync && _pipeline.IsEmpty:
                    // The one behind the Execute of a COPY is the one that is answered, at this.
                    _pump.IgnoredSync = false;
                    await _line.WriteAsync(frame.Bytes).ConfigureAwait(false);
                    break;
                case 'S' or 'H':
                    var pieces = _pipeline.End(frame);
                    await _own.Ending.ConfigureAwait(false);
                    await _extended.RunAsync(pieces).ConfigureAwait(false);
                    break;
                case 'Q':
                    await _own.Ending.ConfigureAwait(false);
                    await _simple.RunAsync(frame.Bytes.ToArray()).ConfigureAwait(false);
                    break;
                case 'X' when _own.IsWrapped:
                    // What the client takes for done is in a transaction that only the end of the actor commits.
                    await _own.Unwrapped.WaitAsync(_stop.Token).ConfigureAwait(false);
                    return;
                case 'X':
                    return;
                default:
                    // Data of a COPY, and what a newer client may say.
                    await _line.WriteAsync(frame.Bytes).ConfigureAwait(false);
                    break;
            }
        }
    }

    private static async Task Quiet(Task task)
    {
#pragma warning disable CA1031 // It has been told already.
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception)
        {
        }
#pragma warning restore CA1031
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        _stop.Dispose();
        _line.Dispose();
    }
}
