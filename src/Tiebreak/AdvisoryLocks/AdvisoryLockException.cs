namespace Tiebreak.AdvisoryLocks;

/// <summary>An advisory lock was asked for where it would protect nothing. It was not taken.</summary>
public abstract class AdvisoryLockException : TiebreakException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What happened and what to write instead.</param>
    protected AdvisoryLockException(string message)
        : base(message)
    {
    }
}
