namespace Tiebreak.Transactions;

/// <summary>
/// Contention: others were in the way for longer than was allowed. Nothing of the change happened, and the same
/// change may be tried again. A refusal by a rule (sold out, used up) is never this error: it is a value.
/// </summary>
public class BusyException : TiebreakException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What was in the way and what to do.</param>
    /// <param name="attempts">How many times the change was tried; 0 when it was never begun.</param>
    /// <param name="waited">How long the caller waited in all.</param>
    /// <param name="innerException">What PostgreSQL said last, if it was asked.</param>
    public BusyException(string message, int attempts, TimeSpan waited, Exception? innerException = null)
        : base(message, innerException)
    {
        Attempts = attempts;
        Waited = waited;
    }

    /// <summary>How many times the change was tried; 0 when it was never begun.</summary>
    public int Attempts { get; }

    /// <summary>How long the caller waited in all, a wait for its turn and the pauses between attempts included.</summary>
    public TimeSpan Waited { get; internal set; }

    /// <summary>
    /// The keys that the change contends on, in the order in which they are taken; empty where the change is an
    /// atomic block, which names none.
    /// </summary>
    public IReadOnlyList<string> Keys { get; internal set; } = [];
}
