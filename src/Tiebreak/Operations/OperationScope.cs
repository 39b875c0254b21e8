using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Operations;

/// <summary>One attempt at an operation: its context and transaction, how the guard reads subjects, and the time.</summary>
/// <typeparam name="TContext">The application's context.</typeparam>
public sealed class OperationScope<TContext>
    where TContext : DbContext
{
    private readonly Protection _protection;
    private readonly List<object> _subjects = [];
    private DateTimeOffset? _now;

    internal OperationScope(TContext context, Protection protection)
    {
        Context = context;
        _protection = protection;
    }

    /// <summary>
    /// The attempt's own context, inside its transaction. The guard commits and disposes; an operation does neither.
    /// </summary>
    public TContext Context { get; }

    /// <summary>
    /// The time after the guard was taken, in whole microseconds, which is what PostgreSQL keeps. The same for all
    /// requests of a batch.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// It was asked for while the subjects were loaded: a time from before the wait for the lock decides wrongly.
    /// </exception>
    public DateTimeOffset Now => _now ?? throw new InvalidOperationException(
        "The time is known once the subjects are loaded. Use it in LoadRelatedAsync, Decide or SaveAsync.");

    /// <summary>What was read as subjects.</summary>
    internal IReadOnlyList<object> Subjects => _subjects;

    /// <summary>
    /// Reads the rows that stand for the keys, as the guard has them read: with a row lock, say, or after an update that
    /// changes nothing. To be called in <c>LoadSubjectsAsync</c> only, tracked, for rows in the order of their keys.
    /// </summary>
    /// <typeparam name="TEntity">The subject's entity type.</typeparam>
    /// <param name="query">A query of subject rows, ordered by key: a set and conditions on it, no projection.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The rows as of after the guard was taken.</returns>
    /// <exception cref="InvalidOperationException">The subjects were loaded already.</exception>
    public async Task<IReadOnlyList<TEntity>> ReadSubjectsAsync<TEntity>(IQueryable<TEntity> query, CancellationToken cancellationToken = default)
        where TEntity : class
    {
        if (_now is not null)
        {
            throw new InvalidOperationException("Subjects are read in LoadSubjectsAsync: what is taken later is taken out of order.");
        }

        var rows = await _protection.ReadSubjectsAsync(Context, query, cancellationToken).ConfigureAwait(false);
        _subjects.AddRange(rows);
        return rows;
    }

    /// <summary>
    /// Reads the subject rows of several keys: each once, in one statement, or in one statement a key in sorted order
    /// where the guard is set so (for engines that lock one row a statement).
    /// </summary>
    /// <typeparam name="TEntity">The subject's entity type.</typeparam>
    /// <typeparam name="TKey">What finds them; text is ordered by its code units, everything else by its own order.</typeparam>
    /// <param name="keys">What the requests name, in any order and repeated as it comes.</param>
    /// <param name="query">
    /// A query of the rows of so many keys, ordered by key in the same order (for text, <c>COLLATE "C"</c>), so that
    /// those who take several never wait for each other in a circle.
    /// </param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The rows as of after the guard was taken; those that do not exist are left out.</returns>
    public async Task<IReadOnlyList<TEntity>> ReadSubjectsAsync<TEntity, TKey>(
        IEnumerable<TKey> keys, Func<TKey[], IQueryable<TEntity>> query, CancellationToken cancellationToken = default)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(query);
        TKey[] sorted = [.. keys.Distinct().Order(keys is IEnumerable<string> ? (IComparer<TKey>)StringComparer.Ordinal : null)];
        if (!_protection.OneKeyAStatement)
        {
            return sorted.Length == 0 ? [] : await ReadSubjectsAsync(query(sorted), cancellationToken).ConfigureAwait(false);
        }

        var rows = new List<TEntity>();
        foreach (var key in sorted)
        {
            rows.AddRange(await ReadSubjectsAsync(query([key]), cancellationToken).ConfigureAwait(false));
        }

        return rows;
    }

    internal void Begin(DateTimeOffset now) => _now = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
