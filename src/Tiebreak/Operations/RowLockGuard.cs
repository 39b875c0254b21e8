using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.Operations;

/// <summary>
/// Runs each request in a transaction of its own that locks the subject rows with FOR NO KEY UPDATE. Right with any
/// number of processes. On one hot key its rate is bound by the round trips and the flush of one transaction after
/// another.
/// </summary>
/// <typeparam name="TContext">The application's context, configured with <c>UseTiebreak()</c>.</typeparam>
public sealed class RowLockGuard<TContext> : IGuard<TContext>, IDisposable
    where TContext : DbContext
{
    private readonly OperationRunner<TContext> _runner;
    private readonly RowLockGuardOptions _options;
    private readonly SemaphoreSlim _turns;
    private volatile bool _isDisposed;
    private readonly TimeProvider _time;

    /// <summary>Creates the guard. One instance serves the whole application.</summary>
    /// <param name="contexts">Makes the context of each attempt.</param>
    /// <param name="options">Bounds; the defaults when left out.</param>
    /// <param name="time">Where the time of decisions comes from; the system's clock when left out.</param>
    public RowLockGuard(IDbContextFactory<TContext> contexts, RowLockGuardOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        _options = options ?? new RowLockGuardOptions();
        _time = time ?? TimeProvider.System;
        _runner = new OperationRunner<TContext>(contexts, _options.Transaction, SubjectLock.Row, _time);
        _turns = new SemaphoreSlim(_options.MaxConcurrency);
    }

    /// <inheritdoc/>
    public async Task<TResult> RunAsync<TRequest, TState, TResult>(
        IOperation<TContext, TRequest, TState, TResult> operation, TRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var begun = _time.GetTimestamp();
        if (!await _turns.WaitAsync(_options.QueueWait, cancellationToken).ConfigureAwait(false))
        {
            throw new BusyException(
                "Too many requests are waiting for a turn. Nothing was changed; try again.", attempts: 0, _time.GetElapsedTime(begun))
            {
                Keys = OperationRunner<TContext>.KeysOf(operation, [request]),
            };
        }

        try
        {
            var results = await _runner.RunAsync(operation, [request], cancellationToken).ConfigureAwait(false);
            return results[0];
        }
        catch (BusyException busy)
        {
            busy.Tell(_time.GetElapsedTime(begun));
            throw;
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Refuses new requests. Those under way finish: a change that is being committed keeps its answer.
    /// </remarks>
    public void Dispose() => _isDisposed = true;
}
