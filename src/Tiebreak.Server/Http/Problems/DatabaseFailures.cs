using System.Diagnostics;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.Server.Http.Problems;

/// <summary>What a failure below an operation or a query says of the database. Pure; by SQLSTATE and type alone.</summary>
internal static class DatabaseFailures
{
    /// <summary>What the failure means to a caller.</summary>
    /// <param name="exception">What was thrown, whatever wraps it.</param>
    /// <param name="reason">What the database or the driver said.</param>
    public static DatabaseFailure Of(Exception exception, out string reason)
    {
        for (var current = exception; current is not null; current = current.InnerException)
        {
            reason = current.Message;
            if (current is PostgresException refused)
            {
                return Of(refused.SqlState);
            }

            if (current is ConnectionLostException)
            {
                reason = current.GetBaseException().Message;
                return DatabaseFailure.Unreachable;
            }

            if (current is NpgsqlException || (IsOfBrokenConnection(current) && ComesFromDriver(current)))
            {
                return DatabaseFailure.Unreachable;
            }
        }

        reason = exception.Message;
        return DatabaseFailure.None;
    }

    /// <summary>By the classes of https://www.postgresql.org/docs/current/errcodes-appendix.html.</summary>
    private static DatabaseFailure Of(string sqlState) => sqlState switch
    {
        // A slot for a connection is no matter of writing.
        PostgresErrorCodes.TooManyConnections => DatabaseFailure.Unreachable,
        // Disk full, out of memory or of lock slots, a limit of the configuration; a standby, or a primary that was made one.
        _ when sqlState.StartsWith("53", StringComparison.Ordinal) => DatabaseFailure.CannotWrite,
        PostgresErrorCodes.ReadOnlySqlTransaction => DatabaseFailure.CannotWrite,
        // Files that cannot be read or written, and the like.
        _ when sqlState.StartsWith("58", StringComparison.Ordinal) => DatabaseFailure.CannotWrite,
        // The connection; shut down, crashed or starting; password or role; no such database.
        _ when sqlState.StartsWith("08", StringComparison.Ordinal) || sqlState.StartsWith("57P", StringComparison.Ordinal) || sqlState.StartsWith("28", StringComparison.Ordinal) => DatabaseFailure.Unreachable,
        PostgresErrorCodes.InvalidCatalogName => DatabaseFailure.Unreachable,
        // Of a read, which no guard tries again: a standby's conflict with what it replays, a lock of a change of the schema.
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled => DatabaseFailure.Busy,
        _ => DatabaseFailure.None,
    };

    /// <summary>What is thrown where a connection is taken apart while somebody uses it.</summary>
    private static bool IsOfBrokenConnection(Exception exception) =>
        exception is ObjectDisposedException or IOException or System.Net.Sockets.SocketException or InvalidOperationException or NullReferenceException or TimeoutException;

    private static bool ComesFromDriver(Exception exception) =>
        new StackTrace(exception).GetFrames().Any(frame => frame.GetMethod()?.DeclaringType?.Assembly == typeof(NpgsqlConnection).Assembly);
}

/// <summary>How the database fails.</summary>
internal enum DatabaseFailure
{
    /// <summary>It does not: the fault is elsewhere.</summary>
    None,

    /// <summary>It cannot be reached, or takes no session.</summary>
    Unreachable,

    /// <summary>It answers, and cannot write.</summary>
    CannotWrite,

    /// <summary>Others were in the way.</summary>
    Busy,
}
