using System.Numerics;
using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Bulk;

/// <summary>Inserts rows.</summary>
/// <param name="plan">Of the entity.</param>
/// <param name="rows">The rows, in the order in which they were given.</param>
/// <param name="conflict">The ON CONFLICT clause; null where a conflict is an error.</param>
/// <param name="result">Takes which rows went in.</param>
internal sealed class InsertOperation<TRow>(BulkPlan<TRow> plan, TRow[] rows, string? conflict, BulkResult<TRow> result) : BulkOperation
    where TRow : class
{
    // Each form is a text that the driver prepares and PostgreSQL keeps a plan of: rows that are ever different from each
    // other in other columns go in the one general form.
    private const int FormsKept = 16;

    private bool[] _written = [];

    public override void AddTo(BulkCommand command, DbContext context)
    {
        plan.Check(rows);
        foreach (var elsewhere in plan.Elsewhere)
        {
            if (Array.FindIndex(rows, row => elsewhere.IsUsedBy(row, context)) is var index and >= 0)
            {
                throw BulkRefusals.OwnsElsewhere(plan.Entity, elsewhere.Path, index);
            }
        }

        plan.Inserts.MakeKeys(rows, context);
        _written = new bool[rows.Length];
        if (conflict is null && plan.Inserts.Optional.Count == 0)
        {
            AddGroup(command, context, 0, null);
            return;
        }

        foreach (var (leftOut, places) in Groups(context))
        {
            AddGroup(command, context, leftOut, places);
        }
    }

    public override int Complete()
    {
        if (conflict is null)
        {
            Array.Fill(_written, true);
        }

        result.Fill(_written);
        return _written.AsSpan().Count(true);
    }

    /// <summary>
    /// Rows that leave the same columns to the database go together. Of rows with one key the first is sent: which of
    /// them PostgreSQL would take is not laid down, and what it returns could not tell them apart.
    /// </summary>
    private Dictionary<ulong, List<int>> Groups(DbContext context)
    {
        var groups = new Dictionary<ulong, List<int>>();
        var key = conflict is null ? null : Read(plan.Key, rows, context);
        var seen = new HashSet<object>();
        for (var i = 0; i < rows.Length; i++)
        {
            if (key is not null && !seen.Add(RowKey.Of(key, i)))
            {
                continue;
            }

            var leftOut = plan.Inserts.LeftOut(rows[i], context);
            if (!groups.TryGetValue(leftOut, out var group))
            {
                groups.Add(leftOut, group = []);
            }

            group.Add(i);
        }

        return groups;
    }

    private void AddGroup(BulkCommand command, DbContext context, ulong leftOut, List<int>? places)
    {
        var general = Statement(leftOut, same: 0);
        var group = places is null || places.Count == rows.Length ? rows : [.. places.Select(place => rows[place])];
        var chunk = ChunkOf(general.Source);
        for (var start = 0; start < group.Length; start += chunk)
        {
            var values = Read(general.Columns, group.AsSpan(start, Math.Min(chunk, group.Length - start)), context);
            var same = Same(values, Math.Min(chunk, group.Length - start));
            var statement = plan.InsertStatements.ContainsKey((leftOut, same, conflict)) || plan.InsertStatements.Count < FormsKept ? Statement(leftOut, same) : general;
            var returned = statement.KeyPlaces is { } key ? new Returned(this, statement, values, key, start, Math.Min(chunk, group.Length - start), places) : null;
            command.Add(statement.Text, statement.Source, values, returned is null ? null : returned.Read);
        }
    }

    private InsertStatement<TRow> Statement(ulong leftOut, ulong same) => plan.InsertStatements.GetOrAdd(
        (leftOut, same, conflict), static (form, plan) => new InsertStatement<TRow>(plan, form.LeftOut, form.Same, form.Conflict), plan);

    /// <summary>The columns with one value in all rows, a bit each; of several rows one column at least is left that says how many there are.</summary>
    private static ulong Same(ColumnValues[] values, int rows)
    {
        ulong same = 0;
        for (var i = 0; i < Math.Min(values.Length, 64); i++)
        {
            same |= values[i].IsSame ? 1UL << i : 0;
        }

        return rows > 1 && BitOperations.PopCount(same) == values.Length ? 0 : same;
    }

    /// <summary>Finds the instances of returned rows by their keys: the order of RETURNING means nothing.</summary>
    private sealed class Returned
    {
        private readonly Dictionary<object, int> _places;
        private readonly InsertOperation<TRow> _operation;
        private readonly InsertStatement<TRow> _statement;
        private readonly object?[] _key;

        public Returned(InsertOperation<TRow> operation, InsertStatement<TRow> statement, ColumnValues[] values, int[] key, int start, int count, List<int>? places)
        {
            (_operation, _statement, _key) = (operation, statement, new object?[key.Length]);
            _places = new Dictionary<object, int>(count);
            ColumnValues[] parts = [.. key.Select(place => values[place])];
            for (var i = 0; i < count; i++)
            {
                _places[RowKey.Of(parts, i)] = places is null ? start + i : places[start + i];
            }
        }

        public void Read(System.Data.Common.DbDataReader reader)
        {
            for (var i = 0; i < _key.Length; i++)
            {
                _key[i] = _statement.Columns[_statement.KeyPlaces![i]].Read(reader, i);
            }

            var place = _places[RowKey.Of((ReadOnlySpan<object?>)_key)];
            _operation._written[place] = true;
            for (var i = 0; i < _statement.Returned.Count; i++)
            {
                _statement.Returned[i].AssignStored(_operation.Row(place), _statement.Returned[i].Column.Read(reader, _key.Length + i));
            }
        }
    }

    private TRow Row(int place) => rows[place];
}
