namespace Tiebreak.Transactions;

/// <summary>
/// A statement ran for longer than <see cref="AtomicOptions.StatementTimeout"/> (SQLSTATE 57014, query_canceled): most
/// often one that waited for several locks, each within its bound. Nothing was changed. It is not tried again.
/// </summary>
public sealed class StatementTimeoutException : BusyException
{
    /// <summary>Creates the error.</summary>
    /// <param name="attempts">How many times the change was tried.</param>
    /// <param name="waited">How long the caller waited in all.</param>
    /// <param name="innerException">What PostgreSQL said last.</param>
    public StatementTimeoutException(int attempts, TimeSpan waited, Exception innerException)
        : base("A statement ran for longer than it is allowed to. Nothing was changed; try again.", attempts, waited, innerException)
    {
    }
}
