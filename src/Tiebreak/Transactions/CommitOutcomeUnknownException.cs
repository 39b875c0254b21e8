namespace Tiebreak.Transactions;

/// <summary>
/// The connection was lost while COMMIT was under way: the change is either wholly there or not at all, and this
/// caller cannot know which. It is not tried again here, since that could apply it twice. Send the change again with
/// the same idempotency key, or look at the rows that it writes.
/// </summary>
public sealed class CommitOutcomeUnknownException : TiebreakException
{
    internal CommitOutcomeUnknownException(Exception innerException)
        : base("The connection to the database was lost during COMMIT: whether the change took effect is unknown. " +
               "Send it again with the same idempotency key to find out.", innerException)
    {
    }
}
