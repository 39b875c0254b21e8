using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Operations;

/// <summary>One attempt at an operation: its context and transaction, what the guard does to a query, and the time.</summary>
/// <typeparam name="TContext">The application's context.</typeparam>
public sealed class OperationScope<TContext>
    where TContext : DbContext
{
    private readonly SubjectLock _subjectLock;
    private DateTimeOffset? _now;

    internal OperationScope(TContext context, SubjectLock subjectLock)
    {
        Context = context;
        _subjectLock = subjectLock;
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

    /// <summary>Adds what the guard needs to a query of the rows that stand for the keys, a row lock for instance.</summary>
    /// <typeparam name="TEntity">The subject's entity type.</typeparam>
    /// <param name="query">A query of subject rows, ordered by key.</param>
    public IQueryable<TEntity> Subjects<TEntity>(IQueryable<TEntity> query)
        where TEntity : class =>
        _subjectLock.Apply(query);

    internal void Begin(DateTimeOffset now) => _now = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
