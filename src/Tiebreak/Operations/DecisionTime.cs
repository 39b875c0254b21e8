using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Tiebreak.Transactions;

namespace Tiebreak.Operations;

/// <summary>
/// The time of decisions: the database's, one clock for all servers. Never <c>now()</c>, which is the beginning of the
/// transaction and thus before the wait for a lock.
/// </summary>
internal static class DecisionTime
{
    public static string Statement(DbContext context) => "SELECT " + ITiebreakOptions.DecisionTimeOf(context);

    /// <summary>Reads it by itself, and sends along what the transaction has still to be told.</summary>
    public static async Task<DateTimeOffset> AskAsync(DbContext context, CancellationToken cancellationToken)
    {
        var command = context.Database.GetDbConnection().CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.Transaction = context.Database.CurrentTransaction!.GetDbTransaction();
            command.CommandText = (AtomicScope.Of(context)?.TakeOpening() is { } opening ? opening + ";\n" : "") + Statement(context);
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return await ReadAsync(reader, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public static async Task<DateTimeOffset> ReadAsync(DbDataReader reader, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new DateTimeOffset(await reader.GetFieldValueAsync<DateTime>(0, cancellationToken).ConfigureAwait(false));
    }
}
