using Microsoft.EntityFrameworkCore;
using Tiebreak.Leases;
using Tiebreak.Transactions;

namespace Tiebreak.Operations;

/// <summary>
/// Runs each request in a transaction of its own while it holds a lease on each of the operation's keys, and fences
/// the transaction with them: a holder that was paused for longer than its lease writes nothing.
/// </summary>
/// <remarks>
/// Right with any number of processes as long as every change of the same rows runs under this guard with the same
/// keys. It costs an acquisition and a release for each key beside the transaction, and who waits looks again and
/// again: a row lock or an advisory lock does the same at a fraction of it. Leases are for work that is longer than a
/// transaction; as a guard of operations they are here to be compared with.
/// </remarks>
/// <typeparam name="TContext">The application's context.</typeparam>
public sealed class LeaseGuard<TContext> : TransactionGuard<TContext>
    where TContext : DbContext
{
    private readonly Func<string, CancellationToken, Task<Lease>> _acquire;
    private readonly KeyLine _line;

    /// <summary>Creates the guard. One instance serves the whole application.</summary>
    /// <param name="contexts">Makes the context of each attempt.</param>
    /// <param name="leases">Where the leases are kept: in the same database as the rows.</param>
    /// <param name="options">Bounds; the defaults when left out.</param>
    /// <param name="time">Measures waits and pauses; the system's clock when left out. The time of decisions is the database's.</param>
    public LeaseGuard(IDbContextFactory<TContext> contexts, LeaseStore<TContext> leases, TransactionGuardOptions? options = null, TimeProvider? time = null)
        : this(contexts, Acquire(leases), options, time)
    {
    }

    internal LeaseGuard(IDbContextFactory<TContext> contexts, Func<string, CancellationToken, Task<Lease>> acquire, TransactionGuardOptions? options, TimeProvider? time)
        : base(contexts, options ?? new TransactionGuardOptions(), Protection.None, time)
    {
        _acquire = acquire;
        _line = new KeyLine((options ?? new TransactionGuardOptions()).QueueWait, time);
    }

    /// <summary>How a store of any context's takes a lease.</summary>
    internal static Func<string, CancellationToken, Task<Lease>> Acquire<TLeases>(LeaseStore<TLeases> leases)
        where TLeases : DbContext
    {
        ArgumentNullException.ThrowIfNull(leases);
        return (name, cancellationToken) => leases.AcquireAsync(name, cancellationToken: cancellationToken);
    }

    private protected override async Task<TResult> RunGuardedAsync<TRequest, TState, TResult>(
        IOperation<TContext, TRequest, TState, TResult> operation, TRequest request, CancellationToken cancellationToken)
    {
        var held = new List<Lease>();
        var keys = OperationRunner<TContext>.KeysOf(operation, request);

        // Who waits for a lease asks the database again and again: of this process, one at a time for each key.
        using var turn = await _line.TakeAsync(keys, cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var key in keys)
            {
                held.Add(await _acquire(key, cancellationToken).ConfigureAwait(false));
            }

            return await RunInTurnAsync(operation, request, new Fence(held), cancellationToken).ConfigureAwait(false);
        }
        catch (LeaseHeldException busy)
        {
            busy.Tell(keys);
            throw;
        }
        catch (LeaseLostException lost)
        {
            throw new BusyException("A lease ran out before its transaction was fenced. Nothing was changed; try again.", attempts: 1, TimeSpan.Zero, lost) { Keys = keys };
        }
        finally
        {
            for (var i = held.Count - 1; i >= 0; i--)
            {
                await held[i].DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private sealed class Fence(IReadOnlyList<Lease> leases) : Protection
    {
        public override async Task BeginAsync(DbContext context, IReadOnlyList<string> keys, CancellationToken cancellationToken)
        {
            foreach (var lease in leases)
            {
                await context.FenceAsync(lease, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
