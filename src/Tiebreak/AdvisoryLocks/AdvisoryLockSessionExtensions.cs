using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.AdvisoryLocks;

/// <summary>
/// Advisory locks that last until they are disposed, across any number of transactions. Not through a connection
/// pooler. See docs/mechanisms/advisory-locks.md.
/// </summary>
/// <remarks>
/// <para>
/// Each call opens a connection of its own, outside of the pool and of any TransactionScope, with the settings and
/// credentials of the factory's contexts (or of the data source), and keeps it while the lock is held. PostgreSQL would
/// let one session take a lock twice; with a session each, two handles of one process exclude each other like those of
/// two. Several keys are taken in the order of their 64 bits, each once, in one round trip.
/// </para>
/// <para>
/// Use it for work of minutes that is not one transaction: a nightly job, a migration. For a change of rows take
/// <see cref="AdvisoryLockExtensions"/>: it cannot be lost before the commit. Thread-safe.
/// </para>
/// </remarks>
public static class AdvisoryLockSessionExtensions
{
    /// <summary>Waits for the lock.</summary>
    /// <example><code>
    /// await using var held = await contexts.AcquireAdvisoryLockAsync("nightly-report", cancellationToken: ct);
    /// using var work = CancellationTokenSource.CreateLinkedTokenSource(ct, held.Lost);
    /// // work until work.Token says stop
    /// </code></example>
    /// <typeparam name="TContext">The application's context.</typeparam>
    /// <param name="contexts">Says where the database is; no context is kept.</param>
    /// <param name="key">What to lock: a name or a number.</param>
    /// <param name="options">Mode, wait and keep-alive; <see cref="AdvisoryLockOptions.Default"/> when left out.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is held then.</param>
    /// <returns>Dispose it to let the lock go.</returns>
    /// <exception cref="LockTimeoutException">Others held it for longer than <see cref="AdvisoryLockOptions.Wait"/>, or the role's own <c>lock_timeout</c>.</exception>
    /// <exception cref="AdvisoryLockNotPossibleException">A connection pooler stands before the server, or the context is not on PostgreSQL.</exception>
    /// <exception cref="ArgumentException">A key is none, or there is no key.</exception>
    /// <exception cref="NpgsqlException">The server cannot be reached, or said something else: a deadlock (40P01) among others.</exception>
    public static Task<AdvisoryLockHandle> AcquireAdvisoryLockAsync<TContext>(
        this IDbContextFactory<TContext> contexts, AdvisoryKey key, AdvisoryLockOptions? options = null, CancellationToken cancellationToken = default)
        where TContext : DbContext =>
        contexts.AcquireAdvisoryLockAsync([key], options, cancellationToken);

    /// <summary>Waits for all of the locks.</summary>
    /// <inheritdoc cref="AcquireAdvisoryLockAsync{TContext}(IDbContextFactory{TContext}, AdvisoryKey, AdvisoryLockOptions?, CancellationToken)"/>
    /// <param name="contexts">Says where the database is; no context is kept.</param>
    /// <param name="keys">What to lock, in any order; at least one.</param>
    /// <param name="options">Mode, wait and keep-alive; <see cref="AdvisoryLockOptions.Default"/> when left out.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is held then.</param>
    public static async Task<AdvisoryLockHandle> AcquireAdvisoryLockAsync<TContext>(
        this IDbContextFactory<TContext> contexts, IEnumerable<AdvisoryKey> keys, AdvisoryLockOptions? options = null, CancellationToken cancellationToken = default)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(contexts);
        var held = new SessionLock(AdvisoryKeys.InOrder(keys), options);
        return (await held.TakeAsync(await OwnConnection.OfAsync(contexts, options, cancellationToken).ConfigureAwait(false), isTry: false, cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>Takes the lock if it is free, or becomes free within <see cref="AdvisoryLockOptions.Wait"/>.</summary>
    /// <inheritdoc cref="AcquireAdvisoryLockAsync{TContext}(IDbContextFactory{TContext}, AdvisoryKey, AdvisoryLockOptions?, CancellationToken)"/>
    /// <returns>Dispose it to let the lock go; null when others hold it.</returns>
    public static Task<AdvisoryLockHandle?> TryAcquireAdvisoryLockAsync<TContext>(
        this IDbContextFactory<TContext> contexts, AdvisoryKey key, AdvisoryLockOptions? options = null, CancellationToken cancellationToken = default)
        where TContext : DbContext =>
        contexts.TryAcquireAdvisoryLockAsync([key], options, cancellationToken);

    /// <summary>Takes all of the locks or none.</summary>
    /// <inheritdoc cref="AcquireAdvisoryLockAsync{TContext}(IDbContextFactory{TContext}, IEnumerable{AdvisoryKey}, AdvisoryLockOptions?, CancellationToken)"/>
    /// <returns>Dispose it to let the locks go; null when others hold one.</returns>
    public static async Task<AdvisoryLockHandle?> TryAcquireAdvisoryLockAsync<TContext>(
        this IDbContextFactory<TContext> contexts, IEnumerable<AdvisoryKey> keys, AdvisoryLockOptions? options = null, CancellationToken cancellationToken = default)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(contexts);
        var held = new SessionLock(AdvisoryKeys.InOrder(keys), options);
        return await held.TakeAsync(await OwnConnection.OfAsync(contexts, options, cancellationToken).ConfigureAwait(false), isTry: true, cancellationToken).ConfigureAwait(false);
    }
}
