namespace Tiebreak.AdvisoryLocks;

/// <summary>
/// An advisory lock would not have kept its promise: behind a connection pooler, in a transaction whose reads are as of
/// before the lock, or on another database than PostgreSQL. The message says what to do instead. Nothing was locked.
/// </summary>
public sealed class AdvisoryLockNotPossibleException : AdvisoryLockException
{
    internal AdvisoryLockNotPossibleException(string message)
        : base(message)
    {
    }
}
