using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.Operations;

/// <summary>
/// What travels behind the query that locks the subjects: the time, in a statement of its own, which PostgreSQL begins when
/// the locks are held; then what the operation wants read with it.
/// </summary>
/// <param name="context">Whose time it is.</param>
/// <param name="related">The operation's searches; null where it has none.</param>
internal sealed class BehindTheLock(DbContext context, IFollowingReads? related) : IFollowingReads
{
    /// <summary>The database's time after the wait; null before it was read.</summary>
    public DateTimeOffset? Time { get; private set; }

    public void AppendTo(DbCommand command)
    {
        command.CommandText += ";\n" + DecisionTime.Statement(context);
        related?.AppendTo(command);
    }

    public async Task ReadAsync(DbDataReader reader, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        Time = await DecisionTime.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        if (related is not null)
        {
            await related.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        }
    }
}
