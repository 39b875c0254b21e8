using Npgsql;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Resetting;

/// <summary>Reads whole tables, each value as PostgreSQL prints it, in one round trip.</summary>
internal static class RowReader
{
    public static async Task<IReadOnlyDictionary<string, TableRows>> ReadAsync(NpgsqlConnection connection, IReadOnlyList<StageTable> tables, CancellationToken cancellationToken)
    {
        var rows = tables.Select(_ => new List<IReadOnlyList<string?>>()).ToList();
        await connection.QueryAsync(
            [.. tables.Select(Query)],
            (i, row) =>
            {
                var values = new string?[row.FieldCount];
                for (var column = 0; column < values.Length; column++)
                {
                    values[column] = row.IsDBNull(column) ? null : row.GetString(column);
                }

                rows[i].Add(values);
            },
            cancellationToken).ConfigureAwait(false);
        return tables.Select((table, i) => (table.Name, Rows: new TableRows(table.Columns, rows[i]))).ToDictionary(pair => pair.Name, pair => pair.Rows, StringComparer.Ordinal);
    }

    private static string Query(StageTable table) =>
        $"SELECT {string.Join(", ", table.Columns.Select(column => $"t.{SqlText.Name(column)}::text"))} FROM {table.Quoted} t";
}
