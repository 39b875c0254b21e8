using Npgsql;

namespace Tiebreak.AdvisoryLocks;

/// <summary>
/// A session-scoped advisory lock, held on a connection of its own until it is disposed, the connection is lost or the
/// process ends.
/// </summary>
/// <remarks>
/// <para>
/// <b>While this object exists the lock may or may not be held any longer</b>: PostgreSQL lets it go with the connection,
/// and another may have it before <see cref="Lost"/> says so. It keeps others from starting, not a holder that has lost
/// it from finishing; what must not be written twice is checked in the transaction that writes it.
/// </para>
/// <para>All members may be used from several threads. One that is never disposed is held until the process ends.</para>
/// </remarks>
public sealed class AdvisoryLockHandle : IAsyncDisposable
{
    private const int ReleaseSeconds = 5;

    private readonly NpgsqlConnection _connection;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly Task _watch;
    private readonly Lazy<Task> _release;

    internal AdvisoryLockHandle(NpgsqlConnection connection, IReadOnlyList<AdvisoryKey> keys, AdvisoryLockMode mode)
    {
        _connection = connection;
        Keys = keys;
        Mode = mode;
        Lost = _lost.Token;
        ProcessId = connection.ProcessID;
        _release = new Lazy<Task>(ReleaseAsync);
        _watch = WatchAsync();
    }

    /// <summary>What is locked, in the order in which it was taken.</summary>
    public IReadOnlyList<AdvisoryKey> Keys { get; }

    /// <summary>Whom it keeps out.</summary>
    public AdvisoryLockMode Mode { get; }

    /// <summary>
    /// Cancelled when the connection is found lost, and the lock with it: at once where it was closed (server stopped,
    /// backend terminated, network reset), within about twice <see cref="AdvisoryLockOptions.KeepAlive"/> where it went
    /// dead in silence. Not cancelled by disposal.
    /// </summary>
    public CancellationToken Lost { get; }

    /// <summary>The server's process that holds it, as <c>pg_locks.pid</c> shows it.</summary>
    public int ProcessId { get; }

    /// <summary>
    /// Gives the lock back, and closes the connection for good: it does not return to a pool, so nothing else is ever
    /// sent over one that still holds. Once it comes back others can have the lock; where the server did not answer
    /// within 5 seconds, as soon as it notices the closed connection. Never throws; the second call waits for the first.
    /// </summary>
    public ValueTask DisposeAsync() => new(_release.Value);

    /// <summary>Reads from the connection, where nothing comes but its end. Npgsql sends keep-alives meanwhile.</summary>
    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                await _connection.WaitAsync(_stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or IOException or OperationCanceledException)
        {
            await _lost.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task ReleaseAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);

        // What a callback of Lost threw is not this caller's.
        await _watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!Lost.IsCancellationRequested)
        {
            await SessionLock.GiveBackAsync(_connection, ReleaseSeconds).ConfigureAwait(false);
        }

        await _connection.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }
}
