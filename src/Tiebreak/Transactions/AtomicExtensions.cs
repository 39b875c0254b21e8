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
    /// <exception cref="Npgsql.NpgsqlException">
    /// The server cannot be reached, no connection of the pool came free, or the connection was lost before COMMIT.
    /// Nothing was changed; it is not tried again.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The block committed by itself; or it swallowed an error of the server, after which PostgreSQL only rolls back:
    /// nothing was changed then. (A failed <c>SaveChanges</c> may be handled: EF Core puts a savepoint before it.)
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
                return true;
            },
            options,
            cancellationToken);
    }
}
