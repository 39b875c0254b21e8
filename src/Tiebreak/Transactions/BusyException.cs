namespace Tiebreak.Transactions;

/// <summary>
/// Contention: others were in the way for longer than was allowed. Nothing of the change happened, and the same
/// change may be tried again. A refusal by a rule (sold out, used up) is never this error: it is a value.
/// </summary>
public class BusyException : TiebreakException
{
    private IReadOnlyList<string> _keys = [];
    private TimeSpan _waited;

    /// <summary>Creates the error.</summary>
    /// <param name="message">What was in the way and what to do.</param>
    /// <param name="attempts">How many times the change was tried; 0 when it was never begun.</param>
    /// <param name="waited">How long the caller waited in all.</param>
    /// <param name="innerException">What PostgreSQL said last, if it was asked.</param>
    public BusyException(string message, int attempts, TimeSpan waited, Exception? innerException = null)
        : base(message, innerException)
    {
        Attempts = attempts;
        _waited = waited;
    }

    /// <summary>How many times the change was tried; 0 when it was never begun.</summary>
    public int Attempts { get; }

    /// <summary>
    /// How long the caller waited in all, a wait for its turn and the pauses between attempts included; for a locked
    /// query outside of an atomic block, how long the query took.
    /// </summary>
    public TimeSpan Waited
    {
        get => _waited;
        init => _waited = value;
    }

    /// <summary>
    /// The keys that the change contends on, in the order in which they are taken (<see cref="AtomicOptions.Keys"/>);
    /// the entity's name where a locked query failed and no keys were given; otherwise empty.
    /// </summary>
    public IReadOnlyList<string> Keys
    {
        get => _keys;
        init => _keys = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>
    /// Whether one statement of the caller's transaction raised it, and not a whole block: the transaction is over,
    /// the block around it may begin anew.
    /// </summary>
    internal bool IsOfStatement { get; init; }

    internal void Tell(IReadOnlyList<string> keys) => _keys = keys;

    internal void Tell(TimeSpan waited) => _waited = waited;
}
