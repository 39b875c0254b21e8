using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Operations;

/// <summary>
/// Runs each request in a transaction of its own that locks the subject rows with FOR NO KEY UPDATE. Right with any
/// number of processes. On one hot key its rate is bound by the round trips and the flush of one transaction after
/// another.
/// </summary>
/// <typeparam name="TContext">The application's context, configured with <c>UseTiebreak()</c>.</typeparam>
public sealed class RowLockGuard<TContext> : TransactionGuard<TContext>
    where TContext : DbContext
{
    /// <summary>Creates the guard. One instance serves the whole application.</summary>
    /// <param name="contexts">Makes the context of each attempt.</param>
    /// <param name="options">Bounds; the defaults when left out.</param>
    /// <param name="time">Measures waits and pauses; the system's clock when left out. The time of decisions is the database's.</param>
    /// <exception cref="ArgumentException">The isolation level is REPEATABLE READ: decisions would be made on rows from before the lock.</exception>
    public RowLockGuard(IDbContextFactory<TContext> contexts, TransactionGuardOptions? options = null, TimeProvider? time = null)
        : base(contexts, FreshReads.Checked(options), Protection.RowLockByKey, time)
    {
    }
}
