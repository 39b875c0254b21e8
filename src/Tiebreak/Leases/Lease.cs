namespace Tiebreak.Leases;

/// <summary>
/// A lease that was acquired: renewed in the background until it is disposed, which releases it. Dispose of it; one that
/// is forgotten is renewed for as long as the process runs.
/// </summary>
/// <remarks>
/// Between the last look at <see cref="Lost"/> and a write, a process can be paused for longer than its lease. What is
/// written to the same database is therefore fenced in its transaction
/// (<see cref="LeaseDbContextExtensions.FenceAsync"/>); what is written elsewhere carries <see cref="Token"/>, and the
/// other side refuses one that is smaller than the greatest it has seen. All members are safe for any number of threads.
/// </remarks>
public sealed class Lease : IAsyncDisposable
{
    private readonly ILeaseStatements _statements;
    private readonly LeaseOptions _options;
    private readonly TimeProvider _time;
    private readonly LostSignal _lost;
    private readonly CancellationTokenSource _released = new();
    private readonly Task _renewals;
    private long _expiresAtTicks;
    private volatile Exception? _lastFailure;
    private int _isDisposed;

    internal Lease(ILeaseStatements statements, LeaseSql sql, LeaseAttempt attempt, LeaseOptions options, TimeProvider time, long sentAt)
    {
        _statements = statements;
        _options = options;
        _time = time;
        Sql = sql;
        Id = attempt.Taken!;
        _expiresAtTicks = attempt.ExpiresAt.UtcTicks;
        _lost = new LostSignal(options.Duration - options.SafetyMargin, sentAt, time);
        _renewals = options.RenewEvery == Timeout.InfiniteTimeSpan ? Task.CompletedTask : RenewInBackgroundAsync();
    }

    /// <summary>The lease's name.</summary>
    public string Name => Id.Name;

    /// <summary>Which of a semaphore's places this is, from 1 on. 1 of a plain lease.</summary>
    public int Slot => Id.Slot;

    /// <summary>
    /// The fencing token: greater than that of everybody who had this name and slot before. Compare tokens of one slot
    /// only; of a plain lease that is all of them.
    /// </summary>
    public long Token => Id.Token;

    /// <summary>Who holds it, as <see cref="LeaseOptions.Holder"/> says.</summary>
    public string Holder => _options.Holder;

    /// <summary>
    /// When the lease runs out unless it is renewed, by the database's clock. To compare it with a clock of this machine
    /// is wrong by the difference of the two; <see cref="IsLost"/> is not.
    /// </summary>
    public DateTimeOffset ExpiresAt => new(Interlocked.Read(ref _expiresAtTicks), TimeSpan.Zero);

    /// <summary>
    /// Fires when the lease may no longer be relied on, <see cref="LeaseOptions.SafetyMargin"/> before others can have
    /// it: it could not be renewed, or was taken. Final. Not fired by a release.
    /// </summary>
    /// <remarks>
    /// Counted by the monotonic clock of this process from before the last request that prolonged the lease was sent. A
    /// paused process fires late, as it does everything late; on most systems the clock stands still while the machine
    /// itself is suspended.
    /// </remarks>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Whether <see cref="Lost"/> has fired or is due, by the clock at this moment.</summary>
    public bool IsLost => _lost.IsLost;

    internal LeaseId Id { get; }

    internal LeaseSql Sql { get; }

    /// <summary>Prolongs the lease by its duration from now on, beside the renewals in the background.</summary>
    /// <param name="cancellationToken">Gives up; the lease stays as it was or is renewed.</param>
    /// <exception cref="LeaseLostException">It is no longer the caller's.</exception>
    /// <exception cref="ObjectDisposedException">It was released.</exception>
    /// <exception cref="Transactions.ConnectionLostException">The database cannot be reached. The lease is held on until it runs out.</exception>
    public async Task RenewAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfLost();
        var sentAt = _time.GetTimestamp();
        var expiresAt = await _statements.RenewAsync(Sql, Id, _options.Duration, cancellationToken).ConfigureAwait(false);
        if (expiresAt is null)
        {
            ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
            _lost.Fire();
        }
        else if (_lost.Extend(sentAt))
        {
            Interlocked.Exchange(ref _expiresAtTicks, expiresAt.Value.UtcTicks);
            return;
        }

        throw new LeaseLostException(this, _lastFailure);
    }

    /// <summary>Ends the work of a holder that has lost its lease, by the clock of this process: no round trip.</summary>
    /// <exception cref="LeaseLostException">It is lost.</exception>
    /// <exception cref="ObjectDisposedException">It was released.</exception>
    public void ThrowIfLost()
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        if (_lost.IsLost)
        {
            throw new LeaseLostException(this, _lastFailure);
        }
    }

    /// <summary>
    /// Stops the renewals and frees the lease for others, if it is still held. The row and its token stay. A second call
    /// does nothing. Where the database does not answer within 5 seconds, the lease runs out by itself, and nothing is
    /// thrown.
    /// </summary>
    /// <remarks>A transaction that has fenced itself and is still open keeps the lease from others until it ends.</remarks>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _released.CancelAsync().ConfigureAwait(false);
        await _renewals.ConfigureAwait(false);
        await _lost.DisposeAsync().ConfigureAwait(false);
        using var bound = new CancellationTokenSource(LeaseOptions.ReleaseWait, _time);
        try
        {
            await _statements.ReleaseAsync(Sql, Id, bound.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (LeaseFailures.IsOfDatabase(exception))
        {
            // It runs out by itself; whoever disposes can do nothing about it.
        }

        _released.Dispose();
    }

    /// <summary>
    /// A renewal that fails is repeated on another connection until the lease is lost. Each one is bounded: one that
    /// hangs in a dead connection must not use up the time in which another would succeed.
    /// </summary>
    private async Task RenewInBackgroundAsync()
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_released.Token, Lost);
        var pause = _options.RenewEvery;
        while (true)
        {
            try
            {
                await Task.Delay(pause, _time, ended.Token).ConfigureAwait(false);
                using var bound = new CancellationTokenSource(_options.RenewEvery, _time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(ended.Token, bound.Token);
                await RenewAsync(either.Token).ConfigureAwait(false);
                pause = _options.RenewEvery;
            }
            catch (Exception) when (ended.IsCancellationRequested)
            {
                return;
            }
            catch (LeaseLostException)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it is, nobody waits for this task: it is told with the loss, if it comes to that.
                _lastFailure = exception;
                pause = _options.RenewEvery / 10;
            }
        }
    }
}
