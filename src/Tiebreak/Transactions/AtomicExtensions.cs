using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Transactions;

/// <summary>Runs code as one transaction that is tried again, from its beginning, when others got in its way.</summary>
public static class AtomicExtensions
{
    /// <summary>
    /// Runs <paramref name="block"/> in a transaction and commits it. When PostgreSQL ends the transaction with a
    /// deadlock or a serialization failure, the block is run again <b>on a fresh context</b>: what the failed attempt
    /// tracked or changed is gone, so nothing can be applied twice.
    /// </summary>
    /// <remarks>
    /// The block may run several times: it must do nothing that a rollback does not undo (no mail, no HTTP call, no
    /// counter in memory). It does not commit, and it does not keep the context. Each call has a context and a
    /// connection of its own, so calls may run side by side. Locks are waited for no longer than
    /// <see cref="AtomicOptions.LockWait"/>. Cancellation rolls back; once COMMIT is sent it is no longer looked at.
    /// <para>
    /// A call inside another block is a second transaction on a second connection: it commits by itself, whatever
    /// becomes of the one around it, and where it needs a row that the outer one holds, it waits for its own caller until
    /// <see cref="AtomicOptions.LockWait"/> is over. To be part of the outer one, write <c>db.AtomicAsync(...)</c> on its
    /// context; <see cref="AtomicOptions.Durable"/> refuses such a call.
    /// </para>
    /// <para>
    /// With <c>EnableRetryOnFailure</c>, deadlocks and serialization failures are tried again as said here, and a
    /// connection lost before COMMIT by the strategy's rule, each time on a fresh context. Called inside a strategy of
    /// your own, that one judges lost connections.
    /// </para>
    /// <code>
    /// var left = await contexts.AtomicAsync(async (db, ct) =>
    /// {
    ///     var stock = await db.Stocks.Where(s => s.Id == id).ForNoKeyUpdate().SingleAsync(ct);
    ///     stock.Quantity -= 1;
    ///     await db.SaveChangesAsync(ct);
    ///     return stock.Quantity;
    /// });
    /// </code>
    /// </remarks>
    /// <typeparam name="TContext">The application's context.</typeparam>
    /// <typeparam name="TResult">What the block answers.</typeparam>
    /// <param name="contexts">Makes the context of each attempt.</param>
    /// <param name="block">Reads, decides and writes.</param>
    /// <param name="options">Isolation, bounds and pauses; <see cref="AtomicOptions.Default"/> when left out.</param>
    /// <param name="cancellationToken">Ends the block and rolls back.</param>
    /// <returns>What the block answered in the attempt that was committed.</returns>
    /// <exception cref="LockTimeoutException">A lock was not to be had in time. Nothing was changed.</exception>
    /// <exception cref="StatementTimeoutException">A statement ran for too long. Nothing was changed.</exception>
    /// <exception cref="DeadlockException">Every attempt was a deadlock's victim. Nothing was changed.</exception>
    /// <exception cref="SerializationFailureException">Every attempt collided. Nothing was changed.</exception>
    /// <exception cref="CommitOutcomeUnknownException">The connection was lost during COMMIT.</exception>
    /// <exception cref="ConnectionLostException">
    /// The server cannot be reached, no connection of the pool came free, or the connection was lost before COMMIT.
    /// Nothing was committed; it is not tried again, unless a retrying execution strategy does so.
    /// </exception>
    /// <exception cref="AfterCommitException">The change is committed, and work after it failed.</exception>
    /// <exception cref="InvalidOperationException">
    /// The block committed by itself; or it swallowed an error of the server, after which PostgreSQL only rolls back:
    /// nothing was changed then; or it is <see cref="AtomicOptions.Durable"/> and inside another. (A failed <c>SaveChanges</c> may be handled: EF Core puts a savepoint before it.)
    /// </exception>
    public static Task<TResult> AtomicAsync<TContext, TResult>(
        this IDbContextFactory<TContext> contexts,
        Func<TContext, CancellationToken, Task<TResult>> block,
        AtomicOptions? options = null,
        CancellationToken cancellationToken = default)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(contexts);
        ArgumentNullException.ThrowIfNull(block);
        return new AtomicBlock<TContext>(contexts, options ?? AtomicOptions.Default, TimeProvider.System)
            .RunAsync(block, decideAgain: null, cancellationToken);
    }

    /// <summary>
    /// Runs <paramref name="block"/> like
    /// <see cref="AtomicAsync{TContext, TResult}(IDbContextFactory{TContext}, Func{TContext, CancellationToken, Task{TResult}}, AtomicOptions?, CancellationToken)"/>,
    /// and where the connection is lost during COMMIT, asks <paramref name="isCommitted"/> what became of it.
    /// </summary>
    /// <remarks>
    /// The question runs on a fresh context, outside of a transaction, after the server has ended the transaction in
    /// question: it looks for a row that only this call can have written, by an id that was made before the call, for
    /// instance. <c>true</c>: the block's answer is returned, and work after commit runs. <c>false</c>: the block is run
    /// again, within <see cref="AtomicOptions.MaxAttempts"/>. It throws, or the server cannot be reached:
    /// <see cref="CommitOutcomeUnknownException"/>. It costs one round trip more before COMMIT, for the transaction's
    /// number (https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT). After a failover to a
    /// standby that lags behind, the question answers for the new server.
    /// </remarks>
    /// <typeparam name="TContext">The application's context.</typeparam>
    /// <typeparam name="TResult">What the block answers.</typeparam>
    /// <param name="contexts">Makes the context of each attempt.</param>
    /// <param name="block">Reads, decides and writes.</param>
    /// <param name="isCommitted">Whether the change is there.</param>
    /// <param name="options">Isolation, bounds and pauses; <see cref="AtomicOptions.Default"/> when left out.</param>
    /// <param name="cancellationToken">Ends the block and rolls back.</param>
    /// <returns>What the block answered in the attempt that was committed.</returns>
    /// <exception cref="CommitOutcomeUnknownException">The connection was lost during COMMIT, and the question got no answer.</exception>
    /// <exception cref="BusyException">Contention. Nothing was changed.</exception>
    /// <exception cref="AfterCommitException">The change is committed, and work after it failed.</exception>
    public static Task<TResult> AtomicAsync<TContext, TResult>(
        this IDbContextFactory<TContext> contexts,
        Func<TContext, CancellationToken, Task<TResult>> block,
        Func<TContext, CancellationToken, Task<bool>> isCommitted,
        AtomicOptions? options = null,
        CancellationToken cancellationToken = default)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(contexts);
        ArgumentNullException.ThrowIfNull(block);
        ArgumentNullException.ThrowIfNull(isCommitted);
        return new AtomicBlock<TContext>(contexts, options ?? AtomicOptions.Default, TimeProvider.System)
            .RunAsync(block, decideAgain: null, cancellationToken, isCommitted);
    }

    /// <inheritdoc cref="AtomicAsync{TContext, TResult}(IDbContextFactory{TContext}, Func{TContext, CancellationToken, Task{TResult}}, AtomicOptions?, CancellationToken)"/>
    public static Task AtomicAsync<TContext>(
        this IDbContextFactory<TContext> contexts,
        Func<TContext, CancellationToken, Task> block,
        AtomicOptions? options = null,
        CancellationToken cancellationToken = default)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(block);
        return contexts.AtomicAsync(
            async (context, token) =>
            {
                await block(context, token).ConfigureAwait(false);
                return NoAnswer.Instance;
            },
            options,
            cancellationToken);
    }
}
