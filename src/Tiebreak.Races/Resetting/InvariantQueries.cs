using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races.Resetting;

/// <summary>Asks which invariants hold, all in one round trip.</summary>
internal static class InvariantQueries
{
    public static async Task<IReadOnlyList<string>> FindBrokenAsync(NpgsqlConnection connection, IReadOnlyList<Invariant> invariants, CancellationToken cancellationToken)
    {
        if (invariants.Count == 0)
        {
            return [];
        }

        var batch = new NpgsqlBatch(connection);
        await using var disposed = batch.ConfigureAwait(false);
        foreach (var invariant in invariants)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(invariant.Sql));
        }

        var broken = new List<string>();
        var current = invariants[0];
        try
        {
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using var closed = reader.ConfigureAwait(false);
            for (var i = 0; i < invariants.Count; i++)
            {
                current = invariants[i];
                if (i > 0)
                {
                    await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                }

                if (!await HoldsAsync(reader, current, cancellationToken).ConfigureAwait(false))
                {
                    broken.Add(current.Name);
                }

                current = i + 1 < invariants.Count ? invariants[i + 1] : current;
            }
        }
        catch (PostgresException error)
        {
            throw new RaceException($"The query of the invariant \"{current.Name}\" failed: {error.SqlState} {error.MessageText}. The query: {current.Sql}", error);
        }

        return broken;
    }

    private static async Task<bool> HoldsAsync(NpgsqlDataReader reader, Invariant invariant, CancellationToken cancellationToken)
    {
        if (reader.FieldCount != 1 || reader.GetFieldType(0) != typeof(bool))
        {
            var what = reader.FieldCount == 1 ? $"a value of type {reader.GetDataTypeName(0)}" : $"{reader.FieldCount} columns";
            throw Wrong(invariant, what, "write a query of one boolean, such as SELECT used <= usage_limit FROM voucher WHERE id = 1");
        }

        if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            throw Wrong(invariant, "no row", "put the condition under NOT EXISTS, EXISTS or coalesce(bool_and(...), true)");
        }

        if (await reader.IsDBNullAsync(0, cancellationToken).ConfigureAwait(false))
        {
            throw Wrong(invariant, "NULL", "say what that means with coalesce(..., true) or coalesce(..., false)");
        }

        var holds = reader.GetBoolean(0);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? throw Wrong(invariant, "more than one row", "put the condition under bool_and(...)")
            : holds;
    }

    private static RaceException Wrong(Invariant invariant, string what, string instead) =>
        new($"The query of the invariant \"{invariant.Name}\" gave {what}; {instead}. The query: {invariant.Sql}");
}
