namespace Tiebreak.WorkQueues;

/// <summary>
/// Thrown by a handler: this job can never succeed. It becomes a dead letter at once, without further attempts, and
/// what the handler wrote is rolled back.
/// </summary>
public sealed class RejectJobException : TiebreakException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">Why, for whoever looks through the dead letters.</param>
    /// <param name="innerException">What was found, if it was an error.</param>
    public RejectJobException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
