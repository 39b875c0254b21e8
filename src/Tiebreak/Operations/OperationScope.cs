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

    /// <summary>What was read with <see cref="ReadSubjectsAsync"/>.</summary>
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

    internal void Begin(DateTimeOffset now) => _now = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
