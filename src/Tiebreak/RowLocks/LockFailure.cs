using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.RowLocks;

/// <summary>Judges what PostgreSQL says to one execution of a locked query.</summary>
internal sealed class LockFailure(LockedQuery query, DbContext? context)
{
    private readonly long _begun = TimeProvider.System.GetTimestamp();

    /// <summary>
    /// A retrying execution strategy knows Npgsql's errors only, and is to retry a deadlock as ever: it gets the original.
    /// Inside an atomic block, which retries by itself, the strategy is there for lost connections.
    /// </summary>
    public bool IsContention(PostgresException error, [NotNullWhen(true)] out BusyException? busy)
    {
        var isLeftToStrategy = ExecutionStrategy.Current is { RetriesOnFailure: true } && (context is null || AtomicScope.Of(context) is null);
        busy = isLeftToStrategy ? null : AtomicErrors.OfStatement(error, TimeProvider.System.GetElapsedTime(_begun), query.EntityName);
        return busy is not null;
    }
}
