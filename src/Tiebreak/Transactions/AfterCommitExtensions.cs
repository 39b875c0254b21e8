using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Transactions;

/// <summary>Work that waits for the commit of an atomic block.</summary>
public static class AfterCommitExtensions
{
    /// <summary>
    /// Runs <paramref name="work"/> once the atomic block that this context belongs to is committed: a message to be
    /// sent, a cache to be emptied. Nothing runs after a rollback; what was registered in an attempt that is tried again
    /// or in a nested block that failed is dropped.
    /// </summary>
    /// <remarks>
    /// The pieces run one after the other, in the order in which they were registered, after the block's context and
    /// connection were given back: the context is not to be used in them. They run in memory and once: a process that
    /// dies after COMMIT loses them. What must not be lost belongs into a row of the same transaction. The token is the
    /// one that was given to the block. Not thread-safe, like the context itself.
    /// <code>
    /// await contexts.AtomicAsync(async (db, ct) =>
    /// {
    ///     db.Add(booking);
    ///     await db.SaveChangesAsync(ct);
    ///     db.AfterCommit(token => cache.RemoveAsync(booking.EventId, token));
    /// });
    /// </code>
    /// </remarks>
    /// <param name="context">The context that the block was given.</param>
    /// <param name="work">What to do. Its error comes out of the block as <see cref="AfterCommitException"/>.</param>
    /// <exception cref="InvalidOperationException">The context is not inside <c>contexts.AtomicAsync(...)</c>.</exception>
    public static void AfterCommit(this DbContext context, Func<CancellationToken, Task> work)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(work);
        var scope = AtomicScope.Of(context) ?? throw new InvalidOperationException(
            "AfterCommit works inside contexts.AtomicAsync(async (db, ct) => ...), on the context that the block is given. In a transaction of your own, do the work in the line after CommitAsync().");
        scope.Add(work);
    }
}
