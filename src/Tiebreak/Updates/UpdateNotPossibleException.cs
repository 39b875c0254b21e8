namespace Tiebreak.Updates;

/// <summary>
/// The query, the entity or the context's options have a shape for which a change in one statement could not be
/// judged on the row as it is, or whose rows could not be handed out. Thrown before anything is sent; the message says
/// what to write instead. A mistake in the code: trying again does not help.
/// </summary>
public sealed class UpdateNotPossibleException : TiebreakException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What is not possible and what to write instead.</param>
    /// <param name="innerException">What was thrown below, if anything.</param>
    public UpdateNotPossibleException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
