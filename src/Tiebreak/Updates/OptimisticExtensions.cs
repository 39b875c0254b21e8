using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.Updates;

/// <summary>Changes rows without a lock, and notices at the write whether somebody else was faster.</summary>
public static class OptimisticExtensions
{
    /// <summary>
    /// Runs <paramref name="block"/>, which loads rows, decides and changes them, and saves its changes. If a row was
    /// changed or deleted by somebody else in between, nothing is saved and the block runs again <b>on a fresh
    /// context</b>, so that it decides on the rows as they are now.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Each entity that the block changes or deletes needs a concurrency token; with Npgsql a <c>uint</c> property with
    /// <c>IsRowVersion()</c> is PostgreSQL's own <c>xmin</c>. Only the rows that are written are checked. Where the
    /// decision rests on a row that is not written, on a count or on a row's absence, use a row lock or
    /// <c>AtomicAsync</c> at SERIALIZABLE. An update that changes nothing is not sent, and so not checked.
    /// </para>
    /// <para>
    /// The block may run several times: it must do nothing that a context thrown away does not undo, and it does not
    /// call SaveChanges. A deadlock or a serialization failure counts as a conflict. Calls may run side by side.
    /// </para>
    /// <para>
    /// A version that the block was given, and not loaded, is what the caller knows: assigned to a loaded entity's token
    /// that the database makes (<c>account.Version = form.Version</c>), set as its original value, or standing in an
    /// entity that was attached. Where the row has another one it is told at once, as <see cref="StaleVersionException"/>.
    /// </para>
    /// </remarks>
    /// <example><code>
    /// var paid = await contexts.OptimisticAsync(async (db, ct) =>
    /// {
    ///     var account = await db.Accounts.SingleAsync(a => a.Id == id, ct);
    ///     if (account.Balance &lt; price) { return false; }
    ///     account.Balance -= price;
    ///     return true;
    /// });
    /// </code></example>
    /// <typeparam name="TContext">The application's context.</typeparam>
    /// <typeparam name="TResult">What the block answers.</typeparam>
    /// <param name="contexts">Makes the context of each attempt.</param>
    /// <param name="block">Loads, decides and changes; does not save.</param>
    /// <param name="options">Attempts and pauses; <see cref="OptimisticOptions.Default"/> when left out.</param>
    /// <param name="cancellationToken">Ends the block, or a pause between attempts.</param>
    /// <returns>What the block answered in the attempt that was saved.</returns>
    /// <exception cref="OptimisticConflictException">The attempts are used up. Nothing was changed.</exception>
    /// <exception cref="StaleVersionException">The row has another version than the one that the block was given. Nothing was changed; another attempt is of no use.</exception>
    /// <exception cref="ConnectionLostException">The connection could not be had, or was lost before the save. Nothing was changed.</exception>
    /// <exception cref="CommitOutcomeUnknownException">The connection was lost during the save.</exception>
    /// <exception cref="UpdateNotPossibleException">A changed entity has no concurrency token, or the context retries by itself (EnableRetryOnFailure). Nothing was changed.</exception>
    /// <exception cref="InvalidOperationException">The block called SaveChanges. Nothing was changed.</exception>
    public static Task<TResult> OptimisticAsync<TContext, TResult>(
        this IDbContextFactory<TContext> contexts,
        Func<TContext, CancellationToken, Task<TResult>> block,
        OptimisticOptions? options = null,
        CancellationToken cancellationToken = default)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(contexts);
        ArgumentNullException.ThrowIfNull(block);
        return new OptimisticBlock<TContext>(contexts, options ?? OptimisticOptions.Default, TimeProvider.System).RunAsync(block, cancellationToken);
    }
}
