namespace Tiebreak.RowLocks;

/// <summary>
/// The query, the entity or the context's options have a shape whose rows PostgreSQL cannot lock, or whose values
/// would be older than the lock. Thrown before the statement is sent; the message says what to write instead. A
/// mistake in the code: trying again does not help.
/// </summary>
public sealed class RowLockNotPossibleException : RowLockException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What cannot be locked and what to write instead.</param>
    public RowLockNotPossibleException(string message)
        : base(message)
    {
    }
}
