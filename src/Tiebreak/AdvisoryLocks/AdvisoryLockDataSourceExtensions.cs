using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.AdvisoryLocks;

/// <summary>
/// Session-scoped advisory locks without EF Core: what <see cref="AdvisoryLockSessionExtensions"/> gives, from a data
/// source. Its pool is not used.
/// </summary>
public static class AdvisoryLockDataSourceExtensions
{
    /// <summary>Waits for the lock.</summary>
    /// <param name="source">Says where the database is.</param>
    /// <param name="key">What to lock: a name or a number.</param>
    /// <param name="options">Mode, wait and keep-alive; <see cref="AdvisoryLockOptions.Default"/> when left out.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is held then.</param>
    /// <returns>Dispose it to let the lock go.</returns>
    /// <exception cref="LockTimeoutException">Others held it for longer than <see cref="AdvisoryLockOptions.Wait"/>, or the role's own <c>lock_timeout</c>.</exception>
    /// <exception cref="AdvisoryLockNotPossibleException">A connection pooler stands before the server.</exception>
    /// <exception cref="ArgumentException">A key is none, or there is no key.</exception>
    /// <exception cref="NpgsqlException">The server cannot be reached, or said something else: a deadlock (40P01) among others.</exception>
    public static Task<AdvisoryLockHandle> AcquireAdvisoryLockAsync(
        this NpgsqlDataSource source, AdvisoryKey key, AdvisoryLockOptions? options = null, CancellationToken cancellationToken = default) =>
        source.AcquireAdvisoryLockAsync([key], options, cancellationToken);

    /// <summary>Waits for all of the locks.</summary>
    /// <inheritdoc cref="AcquireAdvisoryLockAsync(NpgsqlDataSource, AdvisoryKey, AdvisoryLockOptions?, CancellationToken)"/>
    /// <param name="source">Says where the database is.</param>
    /// <param name="keys">What to lock, in any order; at least one.</param>
    /// <param name="options">Mode, wait and keep-alive; <see cref="AdvisoryLockOptions.Default"/> when left out.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is held then.</param>
    public static async Task<AdvisoryLockHandle> AcquireAdvisoryLockAsync(
        this NpgsqlDataSource source, IEnumerable<AdvisoryKey> keys, AdvisoryLockOptions? options = null, CancellationToken cancellationToken = default) =>
        (await TakeAsync(source, keys, options, isTry: false, cancellationToken).ConfigureAwait(false))!;

    /// <summary>Takes the lock if it is free, or becomes free within <see cref="AdvisoryLockOptions.Wait"/>.</summary>
    /// <inheritdoc cref="AcquireAdvisoryLockAsync(NpgsqlDataSource, AdvisoryKey, AdvisoryLockOptions?, CancellationToken)"/>
    /// <returns>Dispose it to let the lock go; null when others hold it.</returns>
    public static Task<AdvisoryLockHandle?> TryAcquireAdvisoryLockAsync(
        this NpgsqlDataSource source, AdvisoryKey key, AdvisoryLockOptions? options = null, CancellationToken cancellationToken = default) =>
        source.TryAcquireAdvisoryLockAsync([key], options, cancellationToken);

    /// <summary>Takes all of the locks or none.</summary>
    /// <inheritdoc cref="AcquireAdvisoryLockAsync(NpgsqlDataSource, IEnumerable{AdvisoryKey}, AdvisoryLockOptions?, CancellationToken)"/>
    /// <returns>Dispose it to let the locks go; null when others hold one.</returns>
    public static Task<AdvisoryLockHandle?> TryAcquireAdvisoryLockAsync(
        this NpgsqlDataSource source, IEnumerable<AdvisoryKey> keys, AdvisoryLockOptions? options = null, CancellationToken cancellationToken = default) =>
        TakeAsync(source, keys, options, isTry: true, cancellationToken);

    private static async Task<AdvisoryLockHandle?> TakeAsync(
        NpgsqlDataSource source, IEnumerable<AdvisoryKey> keys, AdvisoryLockOptions? options, bool isTry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        var held = new SessionLock(AdvisoryKeys.InOrder(keys), options);
        var connection = await OwnConnection.OfAsync(source, options, cancellationToken).ConfigureAwait(false);
        return await held.TakeAsync(connection, isTry, cancellationToken).ConfigureAwait(false);
    }
}
