using System.Data.Common;
using Microsoft.EntityFrameworkCore.Storage;
using Tiebreak.Transactions;

namespace Tiebreak.Leases;

/// <summary>Tells what the database or the way to it did from what the application did wrong.</summary>
internal static class LeaseFailures
{
    public static bool IsOfDatabase(Exception exception) =>
        exception is ConnectionLostException or DbException or RetryLimitExceededException or OperationCanceledException or TimeoutException or IOException or ObjectDisposedException;

    /// <summary>Whether the statement may have taken effect all the same: the server did not say that it failed.</summary>
    public static bool LeaveOpenWhatHappened(Exception exception) =>
        IsOfDatabase(exception) && (SqlStates.Find(exception) is not { } error || SqlStates.EndsSession(error));
}
