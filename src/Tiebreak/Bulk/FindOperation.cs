using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Bulk;

/// <summary>Reads the rows that have one of the given keys.</summary>
/// <param name="search">What a key is.</param>
/// <param name="keys">Each once.</param>
/// <param name="result">Takes the rows.</param>
internal sealed class FindOperation<TRow, TKey>(RowSearch<TRow, TKey> search, TKey[] keys, BulkRows<TRow> result) : BulkOperation
    where TRow : class
{
    private List<TRow> _found = [];

    public override void AddTo(BulkCommand command, DbContext context)
    {
        _found = [];
        for (var start = 0; start < keys.Length; start += RowsInStatement)
        {
            var part = start == 0 && keys.Length <= RowsInStatement ? keys : keys[start..Math.Min(keys.Length, start + RowsInStatement)];
            command.Add(search.Statement.Text, search.Statement.Source, search.Values(part), reader => _found.Add(search.Row(reader)));
        }
    }

    /// <returns>Zero: nothing was written.</returns>
    public override int Complete()
    {
        result.Fill(_found);
        return 0;
    }
}
