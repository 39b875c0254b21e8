namespace Tiebreak.RowLocks;

/// <summary>One lock as a query asks for it.</summary>
internal sealed record RowLock(RowLockStrength Strength, RowLockWaitMode Wait)
{
    public string Clause => Strength switch
    {
        RowLockStrength.Update => "FOR UPDATE",
        RowLockStrength.NoKeyUpdate => "FOR NO KEY UPDATE",
        RowLockStrength.Share => "FOR SHARE",
        _ => "FOR KEY SHARE",
    };

    /// <summary>What stands behind the tables in the clause.</summary>
    public string WaitClause => Wait switch
    {
        RowLockWaitMode.None => " NOWAIT",
        RowLockWaitMode.SkipLocked => " SKIP LOCKED",
        _ => "",
    };
}

/// <summary>
/// PostgreSQL's four row locks, the strongest first: https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS.
/// </summary>
internal enum RowLockStrength
{
    Update,
    NoKeyUpdate,
    Share,
    KeyShare,
}
