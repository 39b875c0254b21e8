using System.Data;
using Npgsql;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Http;

/// <summary>Asks the database whether it can do this server's work: answer, and write.</summary>
internal sealed class WriteProbe(NpgsqlDataSource source, DatabaseState state)
{
    /// <summary>
    /// Asks whether it writes at all; once a change was refused because it could not, really writes, until it can. The
    /// rows go to a table that no one else sees and that is rolled back: enough of them that their file must grow, which
    /// is what a full disk refuses.
    /// </summary>
    /// <returns>Whether it can.</returns>
    /// <exception cref="NpgsqlException">It cannot be reached, or cannot write.</exception>
    public async Task<bool> CanWorkAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using (var ask = connection.CreateCommand())
        {
            ask.CommandText = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean";
            if (await ask.ExecuteScalarAsync(cancellationToken) is true)
            {
                return false;
            }
        }

        if (state.HasRefusedToWrite)
        {
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
            await using var write = connection.CreateCommand();
            write.CommandText = "CREATE TEMPORARY TABLE tiebreak_write_probe AS SELECT repeat('x', 1000) FROM generate_series(1, 1000)";
            await write.ExecuteNonQueryAsync(cancellationToken);
            await transaction.RollbackAsync(cancellationToken);
            state.NoteWrote();
        }

        return true;
    }
}
