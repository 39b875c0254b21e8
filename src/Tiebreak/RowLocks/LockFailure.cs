using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.RowLocks;

/// <summary>Judges what PostgreSQL says to one execution of a locked query.</summary>
internal sealed class LockFailure(LockedQuery query, DbContext? context, IReadOnlyDictionary<string, object?>? values)
{
    private readonly long _begun = TimeProvider.System.GetTimestamp();

    /// <summary>
    /// A retrying execution strategy knows Npgsql's errors only, and is to retry a deadlock as ever: it gets the original.
    /// Inside an atomic block, which retries by itself, the strategy is there for lost connections.
    /// </summary>
    public bool IsContention(PostgresException error) =>
        !(ExecutionStrategy.Current is { RetriesOnFailure: true } && (context is null || AtomicScope.Of(context) is null))
        && AtomicErrors.OfStatement(error, TimeSpan.Zero, "") is not null;

    public BusyException Translate(PostgresException error) =>
        AtomicErrors.OfStatement(error, TimeProvider.System.GetElapsedTime(_begun), KeyText())!;

    /// <summary>The values of a key are an application's data: they are told where EF Core may log them.</summary>
    private string KeyText() =>
        context is not null && values is not null && query.Key?.TextOf(values) is { } key
        && context.GetService<ILoggingOptions>().IsSensitiveDataLoggingEnabled
            ? $"{query.EntityName} {key}"
            : query.EntityName;
}
