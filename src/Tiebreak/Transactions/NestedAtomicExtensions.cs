using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Transactions;

/// <summary>A part of a transaction that can fail alone.</summary>
public static class NestedAtomicExtensions
{
    /// <summary>
    /// Runs <paramref name="block"/> as a part of the transaction that is open on this context: behind a savepoint. When
    /// it throws, its writes are rolled back, the context again tracks what the database holds, and the error goes on to
    /// the caller, who may handle it and go on. What succeeds is committed by the outermost block, or not at all.
    /// </summary>
    /// <remarks>
    /// <b>Unsaved changes of the caller are saved first</b>, before the savepoint: they belong to the caller, and the
    /// nested block's failure does not undo them. After a failure, each entity that was tracked before has the values,
    /// original values, state and relationships of then; entities that the nested block loaded or added are no longer
    /// tracked. Where that cannot be done (an owned entity was exchanged, for instance) the whole transaction is given up
    /// with an <see cref="InvalidOperationException"/>.
    /// <para>
    /// Deadlocks, serialization failures and lost connections end the transaction, not the savepoint: they pass through,
    /// nothing is tried again here, and the outermost <c>contexts.AtomicAsync</c> begins anew even where the code between
    /// swallows the error. Blocks may be nested in each other. Two round trips more (EF Core and Npgsql send the savepoint
    /// together with the next statement). Not thread-safe, like the context itself.
    /// </para>
    /// <code>
    /// try
    /// {
    ///     await db.AtomicAsync((nested, token) => GiveBonusAsync(nested, userId, token), ct);
    /// }
    /// catch (BonusException)
    /// {
    ///     // The booking around it stands.
    /// }
    /// </code>
    /// </remarks>
    /// <typeparam name="TContext">The application's context.</typeparam>
    /// <typeparam name="TResult">What the block answers.</typeparam>
    /// <param name="context">A context with an open transaction: of <c>contexts.AtomicAsync</c>, or begun by hand.</param>
    /// <param name="block">Is given the same context. It does not commit.</param>
    /// <param name="cancellationToken">Ends the block and rolls back to the savepoint.</param>
    /// <returns>What the block answered. It is not committed yet.</returns>
    /// <exception cref="InvalidOperationException">The context has no open transaction; or its tracked entities cannot be put back.</exception>
    public static async Task<TResult> AtomicAsync<TContext, TResult>(
        this TContext context,
        Func<TContext, CancellationToken, Task<TResult>> block,
        CancellationToken cancellationToken = default)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(block);
        var transaction = context.Database.CurrentTransaction ?? throw new InvalidOperationException(
            "A nested block is a part of an open transaction, and this context has none. Begin with contexts.AtomicAsync(async (db, ct) => ...) on the IDbContextFactory, or with BeginTransactionAsync().");
        var scope = AtomicScope.Of(context);
        scope?.ThrowIfEnded();
        await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
        var savepoint = new Savepoint(context, transaction, scope);
        await transaction.CreateSavepointAsync(savepoint.Name, cancellationToken).ConfigureAwait(false);
        TResult result;
        try
        {
            result = await block(context, cancellationToken).ConfigureAwait(false);

            // What the block left unsaved is its own, and is to fail here.
            await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
            scope?.ThrowIfEnded();
        }
        catch (Exception exception)
        {
            await savepoint.GoBackAsync(exception).ConfigureAwait(false);
            throw;
        }

        await transaction.ReleaseSavepointAsync(savepoint.Name, cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <inheritdoc cref="AtomicAsync{TContext, TResult}(TContext, Func{TContext, CancellationToken, Task{TResult}}, CancellationToken)"/>
    public static Task AtomicAsync<TContext>(
        this TContext context,
        Func<TContext, CancellationToken, Task> block,
        CancellationToken cancellationToken = default)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(block);
        return context.AtomicAsync(
            async (same, token) =>
            {
                await block(same, token).ConfigureAwait(false);
                return NoAnswer.Instance;
            },
            cancellationToken);
    }
}
