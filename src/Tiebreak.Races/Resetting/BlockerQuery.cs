using Npgsql;

namespace Tiebreak.Races.Resetting;

/// <summary>Who waits for whom (https://www.postgresql.org/docs/current/functions-info.html, <c>pg_blocking_pids</c>).</summary>
internal static class BlockerQuery
{
    private const string Blockers = "SELECT pid, pg_catalog.pg_blocking_pids(pid) FROM pg_catalog.unnest($1::int[]) AS pid";

    private const string OpenTransactions = """
        SELECT 'process ' || pid || ' (' || coalesce(nullif(application_name, ''), 'no name') || '), ' || coalesce(state, 'unknown') || ', last statement: ' || pg_catalog.left(query, 200)
        FROM pg_catalog.pg_stat_activity
        WHERE datname = pg_catalog.current_database() AND xact_start IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()
        ORDER BY xact_start
        """;

    public static async Task<IReadOnlyDictionary<int, IReadOnlyList<int>>> RunAsync(NpgsqlConnection connection, IReadOnlyCollection<int> pids, CancellationToken cancellationToken)
    {
        var blockers = new Dictionary<int, IReadOnlyList<int>>();
        var command = new NpgsqlCommand(Blockers, connection) { Parameters = { new() { Value = pids.ToArray() } } };
        await using var disposed = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var closed = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (reader.GetFieldValue<int[]>(1) is { Length: > 0 } others)
            {
                blockers[reader.GetInt32(0)] = [.. others.Distinct()];
            }
        }

        return blockers;
    }

    /// <summary>The sessions that are in a transaction, in words.</summary>
    public static async Task<IReadOnlyList<string>> FindOpenTransactionsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var sessions = new List<string>();
        await connection.QueryAsync([OpenTransactions], (_, row) => sessions.Add(row.GetString(0)), cancellationToken).ConfigureAwait(false);
        return sessions;
    }
}
