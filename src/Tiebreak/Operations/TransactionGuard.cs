using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.Operations;

/// <summary>
/// What the guards have in common that run each request in a transaction of its own: so many at once, the others wait
/// for their turn, and contention is retried on a fresh context.
/// </summary>
/// <typeparam name="TContext">The application's context.</typeparam>
public abstract class TransactionGuard<TContext> : IGuard<TContext>, IDisposable
    where TContext : DbContext
{
    private readonly OperationRunner<TContext> _runner;
    private readonly Protection _protection;
    private readonly TransactionGuardOptions _options;
    private readonly SemaphoreSlim _turns;
    private readonly TimeProvider _time;
    private volatile bool _isDisposed;

    private protected TransactionGuard(IDbContextFactory<TContext> contexts, TransactionGuardOptions options, Protection protection, TimeProvider? time)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        _options = options;
        _protection = protection;
        _time = time ?? TimeProvider.System;
        _runner = new OperationRunner<TContext>(contexts, options.Transaction, _time);
        _turns = new SemaphoreSlim(options.MaxConcurrency);
    }

    /// <inheritdoc/>
    public async Task<TResult> RunAsync<TRequest, TState, TResult>(
        IOperation<TContext, TRequest, TState, TResult> operation, TRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var begun = _time.GetTimestamp();
        try
        {
            return await RunGuardedAsync(operation, request, cancellationToken).ConfigureAwait(false);
        }
        catch (BusyException busy)
        {
            busy.Tell(_time.GetElapsedTime(begun));
            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Refuses new requests. Those under way finish: a change that is being committed keeps its answer.
    /// </remarks>
    public void Dispose()
    {
        _isDisposed = true;
        GC.SuppressFinalize(this);
    }

    /// <summary>Takes what is held outside of the transaction, if anything, and runs the request.</summary>
    private protected virtual Task<TResult> RunGuardedAsync<TRequest, TState, TResult>(
        IOperation<TContext, TRequest, TState, TResult> operation, TRequest request, CancellationToken cancellationToken) =>
        RunInTurnAsync(operation, request, _protection, cancellationToken);

    /// <summary>Waits for a turn and runs the request in a transaction, with others kept out in this way.</summary>
    private protected async Task<TResult> RunInTurnAsync<TRequest, TState, TResult>(
        IOperation<TContext, TRequest, TState, TResult> operation, TRequest request, Protection protection, CancellationToken cancellationToken)
    {
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
            return (await _runner.RunAsync(operation, [request], protection, mayDecide: null, cancellationToken).ConfigureAwait(false))[0];
        }
        finally
        {
            _turns.Release();
        }
    }
}
