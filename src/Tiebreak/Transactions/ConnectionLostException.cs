namespace Tiebreak.Transactions;

/// <summary>
/// The connection to the database could not be had, or was lost <b>before COMMIT was sent: nothing was committed</b>, and
/// the same change may be sent again. What the driver or EF Core said stands inside.
/// </summary>
/// <remarks>
/// One of three, each with an answer of its own: <see cref="BusyException"/>, others were in the way, nothing was
/// committed, the database is well; this one, the database is away, nothing was committed, a change of place or a pause
/// is due before the next try; <see cref="CommitOutcomeUnknownException"/>, the connection was lost once COMMIT was sent,
/// and sending the change again may apply it twice. A server that refuses the role, its password or the database's name
/// is none of them: no waiting mends that, and its <c>PostgresException</c> comes through.
/// </remarks>
public sealed class ConnectionLostException : TiebreakException
{
    /// <summary>Creates the error.</summary>
    /// <param name="innerException">What the driver or EF Core said.</param>
    public ConnectionLostException(Exception innerException)
        : this("The connection to the database could not be had, or was lost before COMMIT. Nothing was committed; the same change may be sent again.", innerException)
    {
    }

    internal ConnectionLostException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
