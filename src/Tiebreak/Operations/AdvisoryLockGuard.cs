using Microsoft.EntityFrameworkCore;
using Tiebreak.AdvisoryLocks;

namespace Tiebreak.Operations;

/// <summary>
/// Runs each request in a transaction of its own that first takes an advisory lock on each of the operation's keys, in
/// sorted order and until it ends, and then reads without row locks.
/// </summary>
/// <remarks>
/// Right with any number of processes, poolers in transaction mode included, as long as <b>every</b> change of the
/// same rows runs under this guard with the same keys: a statement that takes no advisory lock is not kept out. The
/// rows need not exist yet, which a row lock cannot do. Costs one round trip more than a row lock.
/// </remarks>
/// <typeparam name="TContext">The application's context.</typeparam>
public sealed class AdvisoryLockGuard<TContext> : TransactionGuard<TContext>
    where TContext : DbContext
{
    /// <summary>Creates the guard. One instance serves the whole application.</summary>
    /// <param name="contexts">Makes the context of each attempt.</param>
    /// <param name="options">Bounds; the defaults when left out.</param>
    /// <param name="time">Measures waits and pauses; the system's clock when left out. The time of decisions is the database's.</param>
    /// <exception cref="ArgumentException">The isolation level is REPEATABLE READ: decisions would be made on rows from before the lock.</exception>
    public AdvisoryLockGuard(IDbContextFactory<TContext> contexts, TransactionGuardOptions? options = null, TimeProvider? time = null)
        : base(contexts, FreshReads.Checked(options), new Locks(), time)
    {
    }

    private sealed class Locks : Protection
    {
        public override bool TakesKeys => true;

        public override Task BeginAsync(DbContext context, IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
            keys.Count == 0 ? Task.CompletedTask : context.AdvisoryLockAsync(keys.Select(AdvisoryKey.From), cancellationToken: cancellationToken);
    }
}
