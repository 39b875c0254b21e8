using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Tiebreak.RowLocks;

namespace Tiebreak.Leases;

/// <summary>Ties a transaction to a lease.</summary>
public static class LeaseDbContextExtensions
{
    /// <summary>
    /// Refuses the open transaction of a holder whose lease is gone, and keeps the lease from all others until that
    /// transaction has ended: what it writes is committed while the lease is its own, or not at all, however long it
    /// is paused in between.
    /// </summary>
    /// <remarks>
    /// One round trip. It locks the lease's row with FOR KEY SHARE, which lets the holder's renewals pass, and no
    /// takeover. Call it first in the transaction, so that what is read afterwards is not older than the lease. A
    /// rollback to a savepoint from before the call lets the lock go. A REPEATABLE READ or SERIALIZABLE transaction sees
    /// the expiry as of its snapshot, so that a late call there may be refused though the lease was renewed since; where
    /// another has taken the lease since the snapshot, PostgreSQL says 40001.
    /// The context may be of any type; its model needs no leases. A row of another database never matches.
    /// <code>
    /// await using var transaction = await db.Database.BeginTransactionAsync(ct);
    /// await db.FenceAsync(lease, ct);
    /// ...
    /// await transaction.CommitAsync(ct);
    /// </code>
    /// </remarks>
    /// <param name="context">A context with an open transaction in the lease's database.</param>
    /// <param name="lease">The lease that the caller holds.</param>
    /// <param name="cancellationToken">Ends the wait for the row.</param>
    /// <exception cref="LeaseLostException">The lease ran out, was taken over or lies in another database. Roll back.</exception>
    /// <exception cref="InvalidOperationException">There is no open transaction: the fence would end with its statement.</exception>
    /// <exception cref="ObjectDisposedException">The lease was released.</exception>
    public static async Task FenceAsync(this DbContext context, Lease lease, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(lease);
        lease.ThrowIfLost();

        // Opened here so that a transaction of the surroundings has been joined before it is asked for.
        await context.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (context.Database.CurrentTransaction is null && !ExecutionGuard.IsEnlisted(context.GetService<IRelationalConnection>()))
            {
                throw new InvalidOperationException(
                    "FenceAsync needs an open transaction, or it would end with its statement and protect nothing. Begin one first: await using var transaction = await context.Database.BeginTransactionAsync();");
            }

            var held = await context.Database.SqlQueryRaw<int>(lease.Sql.Fence, [.. LeaseParameters.Of(lease.Id)]).ToListAsync(cancellationToken).ConfigureAwait(false);
            if (held.Count == 0)
            {
                throw new LeaseLostException(lease);
            }
        }
        finally
        {
            await context.Database.CloseConnectionAsync().ConfigureAwait(false);
        }
    }
}
