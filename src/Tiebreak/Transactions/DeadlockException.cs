namespace Tiebreak.Transactions;

/// <summary>
/// PostgreSQL ended the transaction to break a deadlock (SQLSTATE 40P01), in each of the allowed attempts.
/// Nothing was changed. Where it comes up at all, look for two changes that take the same rows in different orders.
/// </summary>
public sealed class DeadlockException : BusyException
{
    internal DeadlockException(int attempts, TimeSpan waited, Exception innerException)
        : base($"The transaction was a deadlock's victim in each of {attempts} attempts. Nothing was changed; try again.", attempts, waited, innerException)
    {
    }
}
