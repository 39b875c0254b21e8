namespace Tiebreak.Bulk;

/// <summary>Which of the given rows a bulk statement wrote. Filled when its batch has been executed.</summary>
/// <remarks>
/// Inside a transaction that the caller holds, "written" means written in that transaction: a rollback undoes it.
/// Safe to read from any number of threads once the execution has ended.
/// </remarks>
/// <typeparam name="TRow">The entity.</typeparam>
public sealed class BulkResult<TRow>
    where TRow : class
{
    private readonly TRow[] _rows;
    private bool[]? _written;
    private IReadOnlyList<TRow>? _writtenRows;
    private IReadOnlyList<TRow>? _missedRows;

    internal BulkResult(TRow[] rows) => _rows = rows;

    /// <summary>The rows that were inserted, updated or deleted, in the order in which they were given.</summary>
    /// <exception cref="InvalidOperationException">The batch was not executed, or failed.</exception>
    public IReadOnlyList<TRow> Written => _writtenRows ??= Where(written: true);

    /// <summary>
    /// The others, in the order in which they were given: for an insert those that conflict with a row that was there
    /// first or was given before them, for an update or a deletion those that the table has no row for, or one that
    /// changed meanwhile (its concurrency token differs).
    /// </summary>
    /// <exception cref="InvalidOperationException">The batch was not executed, or failed.</exception>
    public IReadOnlyList<TRow> Missed => _missedRows ??= Where(written: false);

    internal void Fill(bool[] written) => _written = written;

    private TRow[] Where(bool written)
    {
        var marks = _written ?? throw new InvalidOperationException("The batch that this result belongs to was not executed, or its execution failed. Await ExecuteAsync() first.");
        var count = marks.AsSpan().Count(written);
        return count == _rows.Length ? _rows : [.. _rows.Where((_, row) => marks[row] == written)];
    }
}
