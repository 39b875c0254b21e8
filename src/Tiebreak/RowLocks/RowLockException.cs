namespace Tiebreak.RowLocks;

/// <summary>A row lock was asked for and not taken, or its rows could not be handed out. Nothing was changed.</summary>
public abstract class RowLockException : TiebreakException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What happened and what to write instead.</param>
    protected RowLockException(string message)
        : base(message)
    {
    }
}
