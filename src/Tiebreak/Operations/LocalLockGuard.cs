using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Operations;

/// <summary>
/// Runs each request in a transaction of its own while it holds the operation's keys in this process, in sorted order,
/// and takes no lock in the database.
/// </summary>
/// <remarks>
/// <b>Right only as long as one process alone changes the rows</b>: a second server, a deployment that overlaps with
/// the one before it, a job or a console are not kept out, and updates are lost. It is here to be compared with, for
/// a program that is alone by its nature, and to keep callers of one process from queueing at the database.
/// </remarks>
/// <typeparam name="TContext">The application's context.</typeparam>
public sealed class LocalLockGuard<TContext> : TransactionGuard<TContext>
    where TContext : DbContext
{
    private readonly KeyLine _line;

    /// <summary>Creates the guard. One instance serves the whole application.</summary>
    /// <param name="contexts">Makes the context of each attempt.</param>
    /// <param name="options">Bounds; the defaults when left out.</param>
    /// <param name="time">Measures waits and pauses; the system's clock when left out. The time of decisions is the database's.</param>
    public LocalLockGuard(IDbContextFactory<TContext> contexts, TransactionGuardOptions? options = null, TimeProvider? time = null)
        : base(contexts, options ?? new TransactionGuardOptions(), Protection.None, time)
    {
        _line = new KeyLine((options ?? new TransactionGuardOptions()).QueueWait, time);
    }

    private protected override async Task<TResult> RunGuardedAsync<TRequest, TState, TResult>(
        IOperation<TContext, TRequest, TState, TResult> operation, TRequest request, CancellationToken cancellationToken)
    {
        using (await _line.TakeAsync(OperationRunner<TContext>.KeysOf(operation, [request]), cancellationToken).ConfigureAwait(false))
        {
            return await base.RunGuardedAsync(operation, request, cancellationToken).ConfigureAwait(false);
        }
    }
}
