using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Tiebreak.Transactions;

namespace Tiebreak.RowLocks;

/// <summary>
/// Puts a locked query's command into one that turns PostgreSQL's contention errors into typed ones. EF Core then logs,
/// cleans up and tells other interceptors as for any other failed command.
/// </summary>
internal sealed class LockedCommandInterceptor : DbCommandInterceptor
{
    // EF Core puts a command together without a pause: parameters, which announce a locked one, and then this event.
    [ThreadStatic]
    private static (DbCommand Command, LockedQuery Query, IReadOnlyDictionary<string, object?>? Values)? _announced;

    public static void Announce(DbCommand command, LockedQuery query, IReadOnlyDictionary<string, object?>? values) =>
        _announced = (command, query, values);

    public override DbCommand CommandInitialized(CommandEndEventData eventData, DbCommand result)
    {
        if (_announced is not { } announced)
        {
            return result;
        }

        _announced = null;
        if (!ReferenceEquals(announced.Command, result))
        {
            return result;
        }

        IFollowingReads? following = null;
        if (eventData.Context is { } context && AtomicScope.Of(context) is { Following: { } pending } scope)
        {
            (following, scope.Following) = (pending, null);
            following.AppendTo(result);
        }

        return new LockedDbCommand(result, new LockFailure(announced.Query, eventData.Context, announced.Values), following);
    }
}
