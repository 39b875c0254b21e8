using System.Data;
using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Operations;

/// <summary>
/// Runs each request in a transaction that reads one snapshot, decides without a lock, and then, before it writes,
/// touches the subject rows: PostgreSQL refuses that where somebody has changed one since the snapshot, and the request
/// is decided again on fresh rows.
/// </summary>
/// <remarks>
/// Right with any number of processes, and against everyone who changes the same subject rows: at REPEATABLE READ the
/// first to change a row wins
/// (https://www.postgresql.org/docs/current/transaction-iso.html#XACT-REPEATABLE-READ). What hangs on a subject is
/// safe as long as its changes also change the subject, or run under this guard or the update-first guard: one that
/// only locks it (a row lock, a lane) leaves nothing for PostgreSQL to refuse. Cheap where contention is rare;
/// where many contend for one row most attempts are thrown away. Needs no version column.
/// </remarks>
/// <typeparam name="TContext">The application's context.</typeparam>
public sealed class OptimisticGuard<TContext> : TransactionGuard<TContext>
    where TContext : DbContext
{
    /// <summary>Creates the guard. One instance serves the whole application.</summary>
    /// <param name="contexts">Makes the context of each attempt.</param>
    /// <param name="options">Bounds; the isolation level in it is not looked at. 4 at once with 20 attempts when left out.</param>
    /// <param name="time">Measures waits and pauses; the system's clock when left out. The time of decisions is the database's.</param>
    public OptimisticGuard(IDbContextFactory<TContext> contexts, TransactionGuardOptions? options = null, TimeProvider? time = null)
        : base(contexts, SerializableGuard<TContext>.At(IsolationLevel.RepeatableRead, options), new Touching(), time)
    {
    }

    private sealed class Touching : Protection
    {
        public override Task BeforeSaveAsync(DbContext context, IReadOnlyList<object> subjects, CancellationToken cancellationToken) =>
            SubjectTouch.TouchAsync(context, subjects, cancellationToken);
    }
}
