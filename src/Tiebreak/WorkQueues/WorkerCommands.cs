using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Tiebreak.WorkQueues;

/// <summary>Sends a worker's own statements, each on a context of its own and so as a transaction of its own.</summary>
internal sealed class WorkerCommands<TContext>(IDbContextFactory<TContext> contexts)
    where TContext : DbContext
{
    public async Task<List<TRow>> ReadAsync<TRow>(
        Func<JobsTable, string> sql, Func<DbDataReader, TRow> read, IReadOnlyList<NpgsqlParameter> parameters, CancellationToken cancellationToken)
    {
        var context = await contexts.CreateDbContextAsync(cancellationToken).ConfigureAwait(false);
        await using (context.ConfigureAwait(false))
        {
            return await JobCommands.ReadAsync(context, sql(JobsTable.Of(context)), read, parameters, cancellationToken).ConfigureAwait(false);
        }
    }
}
