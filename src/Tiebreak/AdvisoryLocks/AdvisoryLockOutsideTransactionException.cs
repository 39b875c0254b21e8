namespace Tiebreak.AdvisoryLocks;

/// <summary>
/// A transaction-scoped advisory lock was asked for without an open transaction: PostgreSQL would have given it back
/// with the end of the statement. Thrown before the statement is sent.
/// </summary>
public sealed class AdvisoryLockOutsideTransactionException : AdvisoryLockException
{
    internal AdvisoryLockOutsideTransactionException(IReadOnlyList<AdvisoryKey> keys)
        : base($"The advisory lock '{string.Join("', '", keys)}' was asked for outside a transaction; it would end with the statement. Begin one first: await using var transaction = await db.Database.BeginTransactionAsync(); (a TransactionScope that the connection joins counts as well; a BEGIN sent as raw SQL does not). For a lock that outlives transactions: contexts.AcquireAdvisoryLockAsync(...).")
    {
        Keys = keys;
    }

    /// <summary>What was to be locked.</summary>
    public IReadOnlyList<AdvisoryKey> Keys { get; }
}
