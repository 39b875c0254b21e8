using System.Data.Common;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
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

    public void AddDbParameter(DbCommand command, object? value) => Check(command.Transaction is not null, connection: null, context: null);

    public void AddDbParameter(DbCommand command, IReadOnlyDictionary<string, object?>? parameterValues)
    {
        LockedCommandInterceptor.Announce(command, query, parameterValues);
        var scope = parameterValues?.GetValueOrDefault(RefreshProjection.ScopeParameter) as RefreshScope;
        var context = scope?.Context;
        scope?.Begin();
        if (query.ReadsCollections)
        {
            // A child that was taken out of a collection would be put back into it before anybody noticed.
            context?.ChangeTracker.DetectChanges();
        }

        Check(command.Transaction is not null, context?.GetService<IRelationalConnection>(), context);
    }

    public void Check(bool hasTransaction, IRelationalConnection? connection, DbContext? context)
    {
        // One that was handed over and has ended since is not seen here: the driver has refused the command by now.
        if (!hasTransaction && !IsEnlisted(connection))
        {
            throw new RowLockOutsideTransactionException(query.EntityName);
        }

        if (query.Unrefreshed.Count > 0 && context is not null
            && context.ChangeTracker.Entries().FirstOrDefault(entry => query.Unrefreshed.Any(type => type.IsAssignableFrom(entry.Metadata))) is { } stale)
        {
            throw Refusals.TrackedAndUnreachable(query, stale.Metadata.ShortName());
        }
    }

    /// <summary>
    /// EF Core has opened the connection by now and enlisted it where it should be. Whether it joins a transaction of
    /// its surroundings is the connection's to say: with Enlist=false it does not.
    /// </summary>
    internal static bool IsEnlisted(IRelationalConnection? connection) =>
        connection is ITransactionEnlistmentManager manager && (IsActive(manager.CurrentAmbientTransaction) || IsActive(manager.EnlistedTransaction));

    private static bool IsActive(Transaction? transaction)
    {
        try
        {
            return transaction?.TransactionInformation.Status == TransactionStatus.Active;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }
}
