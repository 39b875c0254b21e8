using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.Bulk;

/// <summary>
/// Sends a batch through EF Core's own command, so that logging, interceptors, the command timeout and the current
/// transaction are those of every other statement of the context.
/// </summary>
internal static class BulkExecution
{
    public static async Task<int> RunAsync(DbContext context, IReadOnlyList<BulkOperation> operations, CancellationToken cancellationToken)
    {
        if (operations.Count == 0)
        {
            return 0;
        }

        var strategy = context.Database.CreateExecutionStrategy();
        return strategy.RetriesOnFailure && !IsInTransaction(context)
            ? await strategy.ExecuteAsync(
                operations, static (context, operations, token) => AttemptAsync(context, operations, token), null, cancellationToken).ConfigureAwait(false)
            : await AttemptAsync(context, operations, cancellationToken).ConfigureAwait(false);
    }

    public static BulkCommand Prepare(DbContext context, IReadOnlyList<BulkOperation> operations)
    {
        var command = new BulkCommand();
        foreach (var operation in operations)
        {
            operation.AddTo(command, context);
        }

        return command;
    }

    private static bool IsInTransaction(DbContext context) =>
        context.Database.CurrentTransaction is not null
        || System.Transactions.Transaction.Current is not null
        || context.GetService<IRelationalConnection>() is ITransactionEnlistmentManager { EnlistedTransaction: not null };

    private static async Task<int> AttemptAsync(DbContext context, IReadOnlyList<BulkOperation> operations, CancellationToken cancellationToken)
    {
        await SendAsync(context, Prepare(context, operations), cancellationToken).ConfigureAwait(false);
        var written = 0;
        foreach (var operation in operations)
        {
            written += operation.Complete();
        }

        return written;
    }

    /// <summary>
    /// All statements go in one round trip with one Sync behind them: outside of a transaction PostgreSQL runs them as
    /// one (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING).
    /// </summary>
    public static async Task SendAsync(DbContext context, BulkCommand command, CancellationToken cancellationToken)
    {
        using var section = context.GetService<IConcurrencyDetector>().EnterCriticalSection();
        try
        {
            var reader = await command.Build(context.GetService<IRelationalCommandBuilderFactory>()).ExecuteReaderAsync(
                new RelationalCommandParameterObject(
                    context.GetService<IRelationalConnection>(), parameterValues: null, readerColumns: null, context, context.GetService<IRelationalCommandDiagnosticsLogger>(), CommandSource.SaveChanges),
                cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await command.ReadAsync(reader.DbDataReader, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (DbException exception)
        {
            throw new DbUpdateException("A bulk statement failed, and nothing of its batch was written. See the inner exception.", exception);
        }
    }
}
