using Npgsql;

namespace Tiebreak.Races.Resetting;

/// <summary>Statements in one round trip.</summary>
internal static class Commands
{
    public static async Task ExecuteAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using var disposed = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All or none of them: they end with one Sync, which makes them one transaction.</summary>
    public static async Task ExecuteAsync(this NpgsqlConnection connection, IReadOnlyList<string> statements, CancellationToken cancellationToken)
    {
        if (statements.Count == 0)
        {
            return;
        }

        var batch = connection.Batch(statements);
        await using var disposed = batch.ConfigureAwait(false);
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads each statement's rows with <paramref name="read"/>, which is told the statement's position among those that give rows.</summary>
    public static async Task QueryAsync(
        this NpgsqlConnection connection, IReadOnlyList<string> statements, Action<int, NpgsqlDataReader> read, CancellationToken cancellationToken)
    {
        if (statements.Count == 0)
        {
            return;
        }

        var batch = connection.Batch(statements);
        await using var disposed = batch.ConfigureAwait(false);
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var closed = reader.ConfigureAwait(false);
        for (var i = 0; i < statements.Count; i++)
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                read(i, reader);
            }

            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static NpgsqlBatch Batch(this NpgsqlConnection connection, IReadOnlyList<string> statements)
    {
        var batch = new NpgsqlBatch(connection);
        foreach (var statement in statements)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
        }

        return batch;
    }
}
