using System.Data.Common;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.RowLocks;

/// <summary>
/// A parameter that adds nothing: it is asked while the command of one execution is put together, with the connection
/// open and the statement not sent. It refuses where no transaction would hold the lock, and where the rows would come
/// back as older copies that the context tracks.
/// </summary>
internal sealed class ExecutionGuard(LockedQuery query) : IRelationalParameter
{
    public string InvariantName => "tiebreak_guard";

    public void AddDbParameter(DbCommand command, object? value) => Check(command.Transaction is not null, context: null);

    public void AddDbParameter(DbCommand command, IReadOnlyDictionary<string, object?>? parameterValues) =>
        Check(command.Transaction is not null, parameterValues?.GetValueOrDefault(RefreshProjection.ContextParameter) as DbContext);

    public void Check(bool hasTransaction, DbContext? context)
    {
        // EF Core has opened the connection by now and enlisted it in the ambient transaction, if there is one.
        if (!hasTransaction && Transaction.Current is null && context?.Database.GetEnlistedTransaction() is null)
        {
            throw new RowLockOutsideTransactionException(query.EntityName);
        }

        if (query.Unrefreshed.Count > 0 && context is not null
            && context.ChangeTracker.Entries().FirstOrDefault(entry => query.Unrefreshed.Any(type => type.IsAssignableFrom(entry.Metadata))) is { } stale)
        {
            throw Refusals.TrackedAndUnreachable(query, stale.Metadata.ShortName());
        }
    }
}
