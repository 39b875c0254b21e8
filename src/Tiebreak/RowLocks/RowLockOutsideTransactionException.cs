namespace Tiebreak.RowLocks;

/// <summary>
/// A locked query was run without an open transaction: PostgreSQL would have given the lock back with the end of the
/// statement. Thrown at each execution, also of cached and compiled queries, before the statement is sent.
/// </summary>
public sealed class RowLockOutsideTransactionException : RowLockException
{
    /// <summary>Creates the error.</summary>
    /// <param name="entityType">The entity whose rows were to be locked.</param>
    public RowLockOutsideTransactionException(string entityType)
        : base($"The rows of '{entityType}' were to be locked outside a transaction; the lock would end with the statement. Begin one first: await using var transaction = await context.Database.BeginTransactionAsync(); (a TransactionScope that the connection joins counts as well; a scope around a connection with Enlist=false and a BEGIN sent as raw SQL do not).")
    {
        EntityType = entityType;
    }

    /// <summary>The entity whose rows were to be locked.</summary>
    public string EntityType { get; }
}
