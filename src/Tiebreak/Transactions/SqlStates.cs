using Npgsql;

namespace Tiebreak.Transactions;

/// <summary>Tells PostgreSQL's errors apart, by SQLSTATE alone: names of constraints differ between nodes and versions.</summary>
internal static class SqlStates
{
    /// <summary>The server's own error below whatever EF Core or the driver wrapped around it, if there is one.</summary>
    public static PostgresException? Find(Exception? exception)
    {
        for (var current = exception; current is not null; current = current.InnerException)
        {
            if (current is PostgresException found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>Whether the same transaction, begun anew, may well succeed: a deadlock's victim or a serialization failure.</summary>
    public static bool IsTransactionConflict(PostgresException error) =>
        error.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    /// <summary>
    /// Whether the server ended the session rather than the statement (class 57P: administrator, crash,
    /// shutdown; or any error of severity FATAL or PANIC).
    /// During COMMIT that leaves the outcome open.
    /// </summary>
    public static bool EndsSession(PostgresException error) =>
        error.InvariantSeverity is "FATAL" or "PANIC" || error.SqlState.StartsWith("57P", StringComparison.Ordinal) || error.SqlState.StartsWith("08", StringComparison.Ordinal);

    /// <summary>Invalid password or authorization (class 28), no such database (class 3D): of severity FATAL too, and no waiting mends them.</summary>
    public static bool RefusesRole(PostgresException error) =>
        error.SqlState.StartsWith("28", StringComparison.Ordinal) || error.SqlState.StartsWith("3D", StringComparison.Ordinal);

    /// <summary>
    /// Whether the server has no means for it, whatever is asked: disk, memory or a limit (class 53), its files (58), or
    /// it is read-only since another one took over.
    /// </summary>
    public static bool IsOfServer(PostgresException error) =>
        error.SqlState.StartsWith("53", StringComparison.Ordinal) || error.SqlState.StartsWith("58", StringComparison.Ordinal) || error.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction;
}
