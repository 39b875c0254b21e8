using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using IsolationLevel = System.Data.IsolationLevel;

namespace Tiebreak.AdvisoryLocks;

/// <summary>Whether a lock on the context's transaction would protect anything.</summary>
internal static class TransactionCheck
{
    public static void RequirePostgres(DbContext context)
    {
        if (!context.Database.IsNpgsql())
        {
            throw new AdvisoryLockNotPossibleException(
                $"Advisory locks are PostgreSQL's, and this context uses '{context.Database.ProviderName}'. Call UseNpgsql(...) instead.");
        }
    }

    /// <summary>Asked with the connection open: EF Core has enlisted it by then where it should be.</summary>
    public static void RequireTransaction(DbContext context, IReadOnlyList<AdvisoryKey> keys)
    {
        if (context.Database.CurrentTransaction is { } current)
        {
            RequireFreshReads(current.GetDbTransaction().IsolationLevel is IsolationLevel.RepeatableRead or IsolationLevel.Snapshot);
            return;
        }

        var enlisted = context.GetService<IRelationalConnection>() is ITransactionEnlistmentManager manager
            ? Active(manager.CurrentAmbientTransaction) ?? Active(manager.EnlistedTransaction)
            : null;
        if (enlisted is null)
        {
            throw new AdvisoryLockOutsideTransactionException(keys);
        }

        RequireFreshReads(enlisted.IsolationLevel is System.Transactions.IsolationLevel.RepeatableRead or System.Transactions.IsolationLevel.Snapshot);
    }

    private static void RequireFreshReads(bool isSnapshot)
    {
        if (isSnapshot)
        {
            throw new AdvisoryLockNotPossibleException(
                "At REPEATABLE READ the whole transaction sees the rows as of before the wait for the lock, so what is decided under it would be decided on old ones. Take the lock at READ COMMITTED or SERIALIZABLE, or before the transaction begins: contexts.AcquireAdvisoryLockAsync(...).");
        }
    }

    private static Transaction? Active(Transaction? transaction)
    {
        try
        {
            return transaction?.TransactionInformation.Status == TransactionStatus.Active ? transaction : null;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }
}
