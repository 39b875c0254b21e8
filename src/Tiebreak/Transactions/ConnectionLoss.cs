using Npgsql;

namespace Tiebreak.Transactions;

/// <summary>Knows the shapes in which the driver and EF Core tell that a connection is gone, or was not to be had.</summary>
internal static class ConnectionLoss
{
    /// <summary>
    /// Whether the error tells it. What an application throws stays what it is; what has an outcome of its own (a block
    /// inside the block) too.
    /// </summary>
    /// <param name="exception">What came out.</param>
    /// <param name="isBroken">Whether the connection is known to be broken: then a refusal to go on with it tells the same.</param>
    public static bool IsToldBy(Exception exception, bool isBroken)
    {
        if (exception is OperationCanceledException or TiebreakException)
        {
            return false;
        }

        if (SqlStates.Find(exception) is { } error)
        {
            return SqlStates.EndsSession(error) && !SqlStates.RefusesRole(error);
        }

        for (var current = exception; current is not null; current = current.InnerException)
        {
            if (current is NpgsqlException and not NpgsqlOperationInProgressException)
            {
                return true;
            }
        }

        return isBroken && (exception.GetType() == typeof(InvalidOperationException) || exception.GetType() == typeof(ObjectDisposedException));
    }
}
