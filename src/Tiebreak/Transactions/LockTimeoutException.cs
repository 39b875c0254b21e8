namespace Tiebreak.Transactions;

/// <summary>
/// A lock was not to be had within <see cref="AtomicOptions.LockWait"/> (SQLSTATE 55P03, lock_not_available).
/// It is not tried again: the wait was the bound that the caller asked for.
/// </summary>
public sealed class LockTimeoutException : BusyException
{
    /// <summary>Creates the error.</summary>
    /// <param name="attempts">How many times the change was tried.</param>
    /// <param name="waited">How long the caller waited in all.</param>
    /// <param name="innerException">What PostgreSQL said last.</param>
    public LockTimeoutException(int attempts, TimeSpan waited, Exception innerException)
        : base("Somebody else held the lock for longer than the allowed wait. Nothing was changed; try again.", attempts, waited, innerException)
    {
    }
}
