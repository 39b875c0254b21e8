using Microsoft.EntityFrameworkCore;
using Tiebreak.Updates;

namespace Tiebreak.Operations;

/// <summary>
/// Runs each request in a transaction of its own that begins with an update of the subject rows which changes nothing:
/// the update waits for its turn and locks the row, and what it returns is the row as it is then.
/// </summary>
/// <remarks>
/// Right with any number of processes, and against everyone who changes or locks the same rows. Each request writes a
/// new version of its subject rows, also one that is refused; a row lock does not.
/// </remarks>
/// <typeparam name="TContext">The application's context, configured with <c>UseTiebreak()</c>.</typeparam>
public sealed class UpdateFirstGuard<TContext> : TransactionGuard<TContext>
    where TContext : DbContext
{
    /// <summary>Creates the guard. One instance serves the whole application.</summary>
    /// <param name="contexts">Makes the context of each attempt.</param>
    /// <param name="options">Bounds; the defaults when left out.</param>
    /// <param name="time">Measures waits and pauses; the system's clock when left out. The time of decisions is the database's.</param>
    /// <exception cref="ArgumentException">The isolation level is REPEATABLE READ: decisions would be made on rows from before the lock.</exception>
    public UpdateFirstGuard(IDbContextFactory<TContext> contexts, TransactionGuardOptions? options = null, TimeProvider? time = null)
        : base(contexts, FreshReads.Checked(options), new Seizing(), time)
    {
    }

    private sealed class Seizing : Protection
    {
        // An UPDATE takes its rows in the order in which it comes across them.
        public override bool OneKeyAStatement => true;

        public override async Task<IReadOnlyList<TEntity>> ReadSubjectsAsync<TEntity>(DbContext context, IQueryable<TEntity> query, CancellationToken cancellationToken) =>
            await Unordered.Of(query).SeizeAsync(cancellationToken).ConfigureAwait(false);
    }
}
