namespace Tiebreak.LocalPostgres;

/// <summary>A private PostgreSQL could not be found, started or kept. The message says what to do about it.</summary>
public class LocalPostgresException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What went wrong and what to do.</param>
    /// <param name="innerException">What was thrown below, if anything.</param>
    public LocalPostgresException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Whether another port may help.</summary>
    internal bool IsPortTaken { get; init; }
}
