namespace Tiebreak.Transactions;

/// <summary>The last thing that a transaction writes, sent together with its COMMIT.</summary>
internal interface ICommittingWrite
{
    /// <summary>Puts together what is to be sent. Whatever this refuses is refused before anything was sent.</summary>
    void Prepare();

    /// <summary>
    /// Sends the write and COMMIT before one Sync. Where the write fails, PostgreSQL skips everything up to the Sync, so
    /// COMMIT is not run (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING).
    /// </summary>
    Task SendAsync();
}
