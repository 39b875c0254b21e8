using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Bulk;

/// <summary>One list of rows in a batch.</summary>
internal abstract class BulkOperation
{
    // PostgreSQL keeps a statement's rows in memory.
    protected const int RowsInStatement = 10_000;

    // A slice of an array of texts counts its way from the first one.
    private const int RowsInStatementWithArrays = 1_000;

    /// <summary>Adds the statements that write the rows; called once per attempt.</summary>
    public abstract void AddTo(BulkCommand command, DbContext context);

    /// <summary>The statements went through.</summary>
    /// <returns>How many rows were written.</returns>
    public abstract int Complete();

    protected static int ChunkOf<TRow>(Unnested<TRow> source) => source.Columns.Any(column => column.IsArray) ? RowsInStatementWithArrays : RowsInStatement;

    protected static ColumnValues[] Read<TRow>(IReadOnlyList<BulkColumn<TRow>> columns, ReadOnlySpan<TRow> rows, DbContext context)
    {
        var values = new ColumnValues[columns.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = columns[i].Values(rows, context);
        }

        return values;
    }
}

/// <summary>Updates or deletes rows by their keys.</summary>
internal sealed class UpdateOperation<TRow>(BulkPlan<TRow> plan, UpdateStatement<TRow> statement, TRow[] rows, BulkResult<TRow> result) : BulkOperation
    where TRow : class
{
    private bool[] _written = [];

    public override void AddTo(BulkCommand command, DbContext context)
    {
        plan.Check(rows);
        _written = new bool[rows.Length];
        var seen = new HashSet<object>(rows.Length);
        var chunk = ChunkOf(statement.Source);
        for (var start = 0; start < rows.Length; start += chunk)
        {
            var part = rows.AsSpan(start, Math.Min(chunk, rows.Length - start));
            var values = Read(statement.Source.Columns, part, context);
            var key = new ArraySegment<ColumnValues>(values, 0, plan.Key.Count);
            for (var i = 0; i < part.Length; i++)
            {
                var given = RowKey.Of(key, i);
                if (!seen.Add(given))
                {
                    throw BulkRefusals.TwoRowsOneKey(plan.Entity, given, nameof(rows));
                }
            }

            var offset = start - 1;
            command.Add(statement.Text, statement.Source, values, reader =>
            {
                var row = offset + (int)reader.GetInt64(0);
                _written[row] = true;
                for (var i = 0; i < statement.Returned.Count; i++)
                {
                    statement.Returned[i].AssignStored(rows[row], statement.Returned[i].Column.Read(reader, i + 1));
                }
            });
        }
    }

    public override int Complete()
    {
        result.Fill(_written);
        return _written.AsSpan().Count(true);
    }
}
