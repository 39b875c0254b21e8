using System.Data.Common;

namespace Tiebreak.Transactions;

/// <summary>
/// Reads that travel behind a locking query in its round trip. Each is a statement of its own, and at READ COMMITTED a
/// statement sees what was committed before it began (https://www.postgresql.org/docs/current/transaction-iso.html):
/// PostgreSQL begins it when the one before it has its locks.
/// </summary>
internal interface IFollowingReads
{
    /// <summary>Adds statements and parameters to the locking query's command.</summary>
    void AppendTo(DbCommand command);

    /// <summary>Reads their results; the reader stands at the end of the locking query's.</summary>
    Task ReadAsync(DbDataReader reader, CancellationToken cancellationToken);
}
