namespace Tiebreak;

/// <summary>The base of every error that Tiebreak itself raises.</summary>
public abstract class TiebreakException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">What was thrown below, if anything.</param>
    protected TiebreakException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
