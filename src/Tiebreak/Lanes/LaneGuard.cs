using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;

namespace Tiebreak.Lanes;

/// <summary>
/// Decides the requests of many callers in one transaction: each key has its lane, a lane takes what waits, locks the
/// subject rows, decides in the order of arrival, and commits. Nobody is answered before the commit.
/// </summary>
/// <remarks>
/// <para>
/// A lane makes things fast and is not what makes them right: it takes the same row locks as
/// <see cref="RowLockGuard{TContext}"/>, and other servers, other guards and plain SQL may change the same rows at any
/// moment. Rows that somebody holds cost the callers of others next to nothing: those who wait for them are set aside.
/// A request that fails (a constraint, a value that the database refuses, an error in the operation) fails
/// alone. A request is withdrawn by its cancellation until it is decided; after that it stands and is answered.
/// </para>
/// <para>
/// Requests are gathered by operation: use one instance of an operation for all callers. One guard serves the whole
/// application, from any number of threads. It holds a connection for each of its <see cref="LaneGuardOptions.Lanes"/>
/// at most, one more for each while rows are held by others, and two for heavy requests:
/// <see cref="LaneGuardOptions.Connections"/>.
/// </para>
/// </remarks>
/// <typeparam name="TContext">The application's context, configured with <c>UseTiebreak()</c>.</typeparam>
public sealed class LaneGuard<TContext> : IGuard<TContext>, IAsyncDisposable
    where TContext : DbContext
{
    private readonly LaneTransactions<TContext> _transactions;
    private readonly Lane[] _lanes;
    private readonly Lane _heavy;
    private readonly int _heavyWeight;
    private readonly TimeProvider _time;

    // Never disposed: it has no timer, and a drain may be told to stop after everything has ended.
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Creates the guard. One instance serves the whole application.</summary>
    /// <param name="contexts">Makes the context of each transaction.</param>
    /// <param name="options">Bounds; the defaults when left out.</param>
    /// <param name="time">Measures waits and pauses; the system's clock when left out. The time of decisions is the database's.</param>
    /// <exception cref="ArgumentException">The isolation level is REPEATABLE READ: decisions would be made on rows from before the lock.</exception>
    public LaneGuard(IDbContextFactory<TContext> contexts, LaneGuardOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        options ??= new LaneGuardOptions();
        _time = time ?? TimeProvider.System;
        FreshReads.Checked(options.Transaction, nameof(options));
        _transactions = new LaneTransactions<TContext>(contexts, options, _time);
        _lanes = [.. Enumerable.Range(0, options.Lanes).Select(_ => Lane.Create(options, _time, _stop.Token))];
        _heavyWeight = options.HeavyWeight;
        _heavy = Lane.Create(options with { BatchLimit = 1 }, _time, _stop.Token);
    }

    /// <inheritdoc/>
    /// <exception cref="LaneFullException">The lane is full; nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The guard takes no more requests.</exception>
    /// <exception cref="InvalidOperationException">A <c>TransactionScope</c> is open, which a lane cannot join.</exception>
    public async Task<TResult> RunAsync<TRequest, TState, TResult>(
        IOperation<TContext, TRequest, TState, TResult> operation, TRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operation);
        cancellationToken.ThrowIfCancellationRequested();
        if (System.Transactions.Transaction.Current is not null)
        {
            throw new InvalidOperationException(
                "A lane commits the requests of many callers together and cannot be part of your TransactionScope. Call it outside of the scope, or use the row-lock guard.");
        }

        var tags = LaneMeters.For(operation.Name);
        var keys = OperationRunner<TContext>.KeysOf(operation, request);
        var weight = OperationRunner<TContext>.WeightOf(operation, request);
        var lane = weight > _heavyWeight ? _heavy : LaneOf(keys);
        var waiting = new LaneRequest<TRequest, TResult>(lane, request, keys, weight, _time.GetTimestamp());
        var full = lane.TryEnqueue(
            operation,
            (Guard: this, Operation: operation, Request: waiting, Lane: lane),
            weight,
            static given => new TypedOperationQueue<TContext, TRequest, TState, TResult>(given.Guard._transactions, given.Operation, given.Lane, given.Guard._time),
            static (queue, given, arrival) => queue.Enqueue(given.Request, arrival));
        if (full is { } ahead)
        {
            LaneMeters.Refused.Add(1, tags);
            throw new LaneFullException(ahead, lane.RetryAfter(ahead)) { Keys = keys };
        }

        LaneMeters.Waiting.Add(1, tags);
        var withdrawal = cancellationToken.UnsafeRegister(static (state, token) => ((LaneRequest<TRequest, TResult>)state!).Withdraw(token), waiting);
        await using (withdrawal.ConfigureAwait(false))
        {
            return await waiting.Answer.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Refuses new requests, and completes when all that wait are answered.</remarks>
    public async ValueTask DisposeAsync() =>
        await CloseAsync().ConfigureAwait(false);

    /// <summary>
    /// Refuses new requests and waits until all that wait are answered. When <paramref name="stop"/> is cancelled,
    /// what is not committed by then is rolled back and its callers get <see cref="OperationCanceledException"/>.
    /// </summary>
    /// <param name="stop">Ends the wait.</param>
    public async Task DrainAsync(CancellationToken stop)
    {
        var registration = stop.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _stop);
        await using (registration.ConfigureAwait(false))
        {
            await CloseAsync().ConfigureAwait(false);
        }
    }

    private Task CloseAsync() => Task.WhenAll(_lanes.Append(_heavy).Select(lane => lane.CloseAsync()));

    /// <summary>All requests of a key meet in one lane; those without a key are spread.</summary>
    private Lane LaneOf(IReadOnlyList<string> keys) => _lanes[keys is [var first, ..]
        ? (int)((uint)string.GetHashCode(first, StringComparison.Ordinal) % (uint)_lanes.Length)
        : Environment.CurrentManagedThreadId % _lanes.Length];
}
