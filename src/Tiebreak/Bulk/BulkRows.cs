namespace Tiebreak.Bulk;

/// <summary>The rows that a batch found. Filled when the batch has been executed.</summary>
/// <remarks>Safe to read from any number of threads once the execution has ended.</remarks>
/// <typeparam name="TRow">The entity.</typeparam>
public sealed class BulkRows<TRow>
    where TRow : class
{
    private IReadOnlyList<TRow>? _found;

    internal BulkRows()
    {
    }

    /// <summary>Each row once, in no particular order; none of them is tracked. Keys that nothing has are left out.</summary>
    /// <exception cref="InvalidOperationException">The batch was not executed, or failed.</exception>
    public IReadOnlyList<TRow> Found => _found ?? throw new InvalidOperationException(
        "The batch that these rows belong to was not executed, or its execution failed. Await it first.");

    internal void Fill(IReadOnlyList<TRow> found) => _found = found;
}
