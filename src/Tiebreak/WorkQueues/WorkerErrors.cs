using System.Net.Sockets;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.WorkQueues;

/// <summary>Which errors of its own statements a worker outlives.</summary>
internal static class WorkerErrors
{
    /// <summary>
    /// The database is away, restarting or overloaded: the same statement may well succeed later. A missing table or a
    /// refused password never does by itself, and is not hidden behind retries.
    /// </summary>
    public static bool MayPass(Exception exception)
    {
        if (SqlStates.Find(exception) is { } error)
        {
            return error.IsTransient || SqlStates.EndsSession(error) && !SqlStates.RefusesRole(error) || error.SqlState == PostgresErrorCodes.QueryCanceled;
        }

        for (var current = exception; current is not null; current = current.InnerException)
        {
            if (current is ConnectionLostException or NpgsqlException or SocketException or IOException or TimeoutException or RetryLimitExceededException)
            {
                return true;
            }
        }

        return false;
    }
}
