namespace Tiebreak.Transactions;

/// <summary>
/// A concurrent change made the transaction's view impossible to keep (SQLSTATE 40001), in each of the allowed
/// attempts. Nothing was changed.
/// </summary>
public sealed class SerializationFailureException : BusyException
{
    /// <summary>Creates the error.</summary>
    /// <param name="attempts">How many times the change was tried.</param>
    /// <param name="waited">How long the caller waited in all.</param>
    /// <param name="innerException">What PostgreSQL said last.</param>
    public SerializationFailureException(int attempts, TimeSpan waited, Exception innerException)
        : base($"Concurrent changes got in the way in each of {attempts} attempts. Nothing was changed; try again.", attempts, waited, innerException)
    {
    }
}
