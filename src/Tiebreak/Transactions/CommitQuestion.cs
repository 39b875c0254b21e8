using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Transactions;

/// <summary>Settles what became of a COMMIT whose answer was lost.</summary>
internal sealed class CommitQuestion<TContext>(
    IDbContextFactory<TContext> contexts, Func<TContext, CancellationToken, Task<bool>> isCommitted, AtomicOptions options, TimeProvider time)
    where TContext : DbContext
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Whether the transaction was committed; null where that cannot be found out.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever keeps the question from an answer leaves the outcome unknown.")]
    public async Task<bool?> AskAsync(string? transactionId, CancellationToken cancellationToken)
    {
        try
        {
            var context = await contexts.CreateDbContextAsync(cancellationToken).ConfigureAwait(false);
            await using (context.ConfigureAwait(false))
            {
                return transactionId is null || await IsOverAsync(context, transactionId, cancellationToken).ConfigureAwait(false)
                    ? await isCommitted(context, cancellationToken).ConfigureAwait(false)
                    : null;
            }
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>
    /// The server may still be at the COMMIT whose connection was cut: "not there" would be true now and false in a
    /// moment, and the block would be applied twice. So the transaction must have ended before the question is asked
    /// (https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT, pg_xact_status).
    /// </summary>
    private async Task<bool> IsOverAsync(TContext context, string transactionId, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var status = await context.Database.SqlQuery<string?>($"SELECT pg_xact_status(CAST({transactionId} AS xid8)) AS \"Value\"")
                .SingleAsync(cancellationToken).ConfigureAwait(false);
            if (status != "in progress")
            {
                return true;
            }

            if (time.GetElapsedTime(begun) > options.StatementTimeout)
            {
                return false;
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
