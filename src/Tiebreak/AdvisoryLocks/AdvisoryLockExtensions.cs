using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.AdvisoryLocks;

/// <summary>
/// Advisory locks that last until the caller's transaction ends. Safe behind connection poolers in any mode. See
/// docs/mechanisms/advisory-locks.md.
/// </summary>
/// <remarks>
/// <para>
/// What all of them guarantee: once the call comes back (with <see langword="true"/>, where it answers), nobody else
/// holds one of the keys in a conflicting mode until the transaction ends or is rolled back to a savepoint from before
/// the call; and each later statement at READ COMMITTED sees what the holders before committed. Several keys are taken
/// in the order of their 64 bits, each once, so that two callers of these methods never deadlock over them; two calls
/// in one transaction may.
/// </para>
/// <para>
/// The caller owns the context, its connection and the transaction, and ends it; there is no other way to let the lock
/// go. A transaction that holds the key takes it again at once. At REPEATABLE READ the lock is refused with
/// <see cref="AdvisoryLockNotPossibleException"/>: the statement that waits for it fixes what the whole transaction
/// sees, so decisions would stand on rows from before the wait. At SERIALIZABLE the same snapshot is taken and
/// PostgreSQL refuses the commit (40001) where it matters. Like everything of a context, not for several threads at once.
/// </para>
/// </remarks>
public static class AdvisoryLockExtensions
{
    /// <summary>Waits for the lock and holds it until the transaction ends.</summary>
    /// <example><code>
    /// await using var transaction = await db.Database.BeginTransactionAsync(ct);
    /// await db.AdvisoryLockAsync("report/2026-11", wait: TimeSpan.FromSeconds(2), cancellationToken: ct);
    /// // read, decide, write: nobody else is in here
    /// await transaction.CommitAsync(ct);
    /// </code></example>
    /// <param name="context">A context with an open transaction.</param>
    /// <param name="key">What to lock: a name or a number.</param>
    /// <param name="mode">Whom to keep out. Exclusive by default.</param>
    /// <param name="wait">
    /// How long to wait, 1 millisecond to 1 hour, sent in whole milliseconds. It costs a second round trip, which puts
    /// <c>lock_timeout</c> back. Without it the wait is bound by the transaction's <c>lock_timeout</c> and the context's
    /// command timeout, if any.
    /// </param>
    /// <param name="cancellationToken">
    /// Ends the wait. PostgreSQL then has ended the transaction as well, unless <paramref name="wait"/> was given.
    /// </param>
    /// <exception cref="LockTimeoutException">
    /// Others held it for longer. Where <paramref name="wait"/> was given, the transaction goes on as it was before the
    /// call; else PostgreSQL has ended it and only a rollback is left.
    /// </exception>
    /// <exception cref="AdvisoryLockOutsideTransactionException">The context has no open transaction.</exception>
    /// <exception cref="AdvisoryLockNotPossibleException">REPEATABLE READ, or the context is not on PostgreSQL.</exception>
    /// <exception cref="ArgumentException">A key, the mode or the wait is none.</exception>
    /// <exception cref="Npgsql.PostgresException">
    /// A deadlock (40P01) and everything else that PostgreSQL says, as it said it: <c>AtomicAsync</c> and a retrying
    /// execution strategy know what to do with it.
    /// </exception>
    public static Task AdvisoryLockAsync(
        this DbContext context, AdvisoryKey key, AdvisoryLockMode mode = AdvisoryLockMode.Exclusive, TimeSpan? wait = null, CancellationToken cancellationToken = default) =>
        context.AdvisoryLockAsync([key], mode, wait, cancellationToken);

    /// <summary>Waits for all of the locks and holds them until the transaction ends. One round trip, as for one key.</summary>
    /// <inheritdoc cref="AdvisoryLockAsync(DbContext, AdvisoryKey, AdvisoryLockMode, TimeSpan?, CancellationToken)"/>
    /// <param name="context">A context with an open transaction.</param>
    /// <param name="keys">What to lock, in any order; at least one.</param>
    /// <param name="mode">Whom to keep out. Exclusive by default.</param>
    /// <param name="wait">How long to wait <b>for each key</b>, 1 millisecond to 1 hour; else as for one key.</param>
    /// <param name="cancellationToken">Ends the wait, as for one key.</param>
    public static Task AdvisoryLockAsync(
        this DbContext context, IEnumerable<AdvisoryKey> keys, AdvisoryLockMode mode = AdvisoryLockMode.Exclusive, TimeSpan? wait = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new TransactionLock(context, AdvisoryKeys.InOrder(keys), AdvisoryKeys.Checked(mode)).LockAsync(AdvisoryKeys.Checked(wait), cancellationToken);
    }

    /// <summary>Takes the lock if it is free, or becomes free within <paramref name="wait"/>.</summary>
    /// <param name="context">A context with an open transaction.</param>
    /// <param name="key">What to lock: a name or a number.</param>
    /// <param name="mode">Whom to keep out. Exclusive by default.</param>
    /// <param name="wait">How long to wait, 1 millisecond to 1 hour. Not at all by default.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>
    /// <see langword="true"/>: held until the transaction ends. <see langword="false"/>: others hold it, and the
    /// transaction goes on as it was before the call.
    /// </returns>
    /// <exception cref="AdvisoryLockOutsideTransactionException">The context has no open transaction.</exception>
    /// <exception cref="AdvisoryLockNotPossibleException">REPEATABLE READ, or the context is not on PostgreSQL.</exception>
    /// <exception cref="ArgumentException">A key, the mode or the wait is none.</exception>
    public static Task<bool> TryAdvisoryLockAsync(
        this DbContext context, AdvisoryKey key, AdvisoryLockMode mode = AdvisoryLockMode.Exclusive, TimeSpan? wait = null, CancellationToken cancellationToken = default) =>
        context.TryAdvisoryLockAsync([key], mode, wait, cancellationToken);

    /// <summary>
    /// Takes all of the locks or none. Two round trips: what was taken before one was found held is given back by a
    /// rollback to a savepoint of this call's own.
    /// </summary>
    /// <inheritdoc cref="TryAdvisoryLockAsync(DbContext, AdvisoryKey, AdvisoryLockMode, TimeSpan?, CancellationToken)"/>
    /// <param name="context">A context with an open transaction.</param>
    /// <param name="keys">What to lock, in any order; at least one.</param>
    /// <param name="mode">Whom to keep out. Exclusive by default.</param>
    /// <param name="wait">How long to wait <b>for each key</b>, 1 millisecond to 1 hour. Not at all by default.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static Task<bool> TryAdvisoryLockAsync(
        this DbContext context, IEnumerable<AdvisoryKey> keys, AdvisoryLockMode mode = AdvisoryLockMode.Exclusive, TimeSpan? wait = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new TransactionLock(context, AdvisoryKeys.InOrder(keys), AdvisoryKeys.Checked(mode)).TryAsync(AdvisoryKeys.Checked(wait), cancellationToken);
    }
}
