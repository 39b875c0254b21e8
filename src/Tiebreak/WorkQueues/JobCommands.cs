using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Tiebreak.WorkQueues;

/// <summary>
/// Sends statements on a context's connection, in its transaction where it has one. Plain commands: how the
/// application's model names properties, or filters its queries, has no part in them.
/// </summary>
internal static class JobCommands
{
    public static async Task<List<TRow>> ReadAsync<TRow>(
        DbContext context, string sql, Func<DbDataReader, TRow> read, IReadOnlyList<NpgsqlParameter> parameters, CancellationToken cancellationToken)
    {
        await context.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var command = Command(context, sql, parameters);
            await using (command.ConfigureAwait(false))
            {
                return await ReadAsync(command, read, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await context.Database.CloseConnectionAsync().ConfigureAwait(false);
        }
    }

    public static DbCommand Command(DbContext context, string sql, IReadOnlyList<NpgsqlParameter> parameters)
    {
        var command = context.Database.GetDbConnection().CreateCommand();
        command.CommandText = sql;
        command.Transaction = context.Database.CurrentTransaction?.GetDbTransaction();
        command.CommandTimeout = context.Database.GetCommandTimeout() ?? command.CommandTimeout;
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static async Task<List<TRow>> ReadAsync<TRow>(DbCommand command, Func<DbDataReader, TRow> read, CancellationToken cancellationToken)
    {
        var rows = new List<TRow>();
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                rows.Add(read(reader));
            }
        }

        return rows;
    }
}
