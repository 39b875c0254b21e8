using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.Transactions;

/// <summary>What a transaction is told at its beginning: how long it waits, and how it reads.</summary>
internal static class TransactionBounds
{
    private const string ByIndex =
        "; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off";

    // A wait for a lock is to end as one, also where a statement is given no more time than that.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    /// <summary>
    /// SET LOCAL, and not SELECT set_config: at REPEATABLE READ a SELECT would take the snapshot before the first lock.
    /// The Citus setting makes the others reach every node; plain PostgreSQL keeps it as a name without meaning.
    /// </summary>
    public static string TextOf(AtomicOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"SET LOCAL citus.propagate_set_commands = 'local'; SET LOCAL lock_timeout = {(long)options.LockWait.TotalMilliseconds}; SET LOCAL statement_timeout = {(long)StatementTimeout(options).TotalMilliseconds}{(options.ReadsByIndex ? ByIndex : "")}{(options.DeferConstraints ? "; SET CONSTRAINTS ALL DEFERRED" : "")}");

    /// <summary>Sends them. Costs no round trip of its own where nothing was sent before: Npgsql sends BEGIN together with it.</summary>
    public static async Task SendAsync(DbContext context, string text, CancellationToken cancellationToken)
    {
        var command = context.Database.GetDbConnection().CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.Transaction = context.Database.CurrentTransaction!.GetDbTransaction();
            command.CommandText = text;
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The driver's own timeout (30 seconds unless configured) ends a statement with an error that says nothing of
    /// locks: it stays behind the server's.
    /// </summary>
    public static void LetTheServerTimeOutFirst(DbContext context, AtomicOptions options)
    {
        var seconds = context.Database.GetCommandTimeout() ?? ConfiguredSeconds(context);
        var needed = (int)Math.Ceiling((StatementTimeout(options) + Margin).TotalSeconds);
        if (seconds > 0 && seconds < needed)
        {
            context.Database.SetCommandTimeout(needed);
        }
    }

    private static int ConfiguredSeconds(DbContext context)
    {
        using var command = context.Database.GetDbConnection().CreateCommand();
        return command.CommandTimeout;
    }

    private static TimeSpan StatementTimeout(AtomicOptions options) =>
        options.StatementTimeout > options.LockWait ? options.StatementTimeout : options.LockWait + Margin;
}
