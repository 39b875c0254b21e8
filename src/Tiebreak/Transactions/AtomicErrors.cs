using Npgsql;

namespace Tiebreak.Transactions;

/// <summary>PostgreSQL's contention as typed errors.</summary>
internal static class AtomicErrors
{
    /// <summary>The error of a whole block, or null where it is none of contention.</summary>
    public static BusyException? OfBlock(Exception exception, int attempts, TimeSpan waited, IReadOnlyList<string> keys)
    {
        var statement = exception as BusyException;
        var inner = statement?.InnerException ?? exception;
        var named = keys.Count > 0 ? keys : statement?.Keys ?? [];
        return SqlStates.Find(exception)?.SqlState switch
        {
            PostgresErrorCodes.LockNotAvailable => new LockTimeoutException(attempts, waited, inner) { Keys = named },
            PostgresErrorCodes.QueryCanceled => new StatementTimeoutException(attempts, waited, inner) { Keys = named },
            PostgresErrorCodes.DeadlockDetected => new DeadlockException(attempts, waited, inner) { Keys = named },
            PostgresErrorCodes.SerializationFailure => new SerializationFailureException(attempts, waited, inner) { Keys = named },
            _ => null,
        };
    }

    /// <summary>The error of one statement, or null where it is none of contention.</summary>
    public static BusyException? OfStatement(PostgresException error, TimeSpan waited, string key) => error.SqlState switch
    {
        PostgresErrorCodes.LockNotAvailable => new LockTimeoutException(1, waited, error) { Keys = [key], IsOfStatement = true },
        PostgresErrorCodes.DeadlockDetected => new DeadlockException(1, waited, error) { Keys = [key], IsOfStatement = true },
        PostgresErrorCodes.SerializationFailure => new SerializationFailureException(1, waited, error) { Keys = [key], IsOfStatement = true },
        _ => null,
    };

    /// <summary>Whether it comes from the block's own statements, and not from a block with an outcome of its own inside it.</summary>
    public static bool IsOfOwnStatement(Exception exception) =>
        exception is not OperationCanceledException && (exception is not TiebreakException || exception is BusyException { IsOfStatement: true }) && SqlStates.Find(exception) is not null;

    public static bool IsConflict(Exception exception) =>
        IsOfOwnStatement(exception) && SqlStates.IsTransactionConflict(SqlStates.Find(exception)!);

    /// <summary>Whether the transaction is over, so that no savepoint of it can be gone back to with any use.</summary>
    public static bool EndsTransaction(Exception exception) =>
        IsConflict(exception) || (SqlStates.Find(exception) is { } error ? SqlStates.EndsSession(error) : exception is NpgsqlException or InvalidOperationException { InnerException: NpgsqlException });
}
