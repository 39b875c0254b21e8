using Tiebreak.Races.Sql;

namespace Tiebreak.Races.Scheduling.Dependencies;

/// <summary>Rows of a table that a statement reads or locks.</summary>
/// <param name="Table">Full name.</param>
/// <param name="Where">Columns that equal a value in each of them; empty for any row.</param>
/// <param name="Strength">Of the lock; <see cref="LockStrength.None"/> for a plain read.</param>
/// <param name="IncludesNew">Whether rows count that others have inserted and not committed: so for an insert of unknown keys.</param>
internal sealed record RowSet(string Table, IReadOnlyDictionary<string, string> Where, LockStrength Strength = LockStrength.None, bool IncludesNew = false)
{
    public static readonly IReadOnlyDictionary<string, string> Any = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether a lock was got on at least one of them.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Whether one row may be in both.</summary>
    public bool Meets(RowSet other) =>
        Table == other.Table && !Where.Any(pair => other.Where.TryGetValue(pair.Key, out var value) && ColumnValues.AreDifferent(pair.Value, value));

    /// <summary>Whether the row as it was or as it became may be in it.</summary>
    public bool Meets(RowWrite write) => Table == write.Table && (Fits(write.Old) || Fits(write.New));

    // Nothing equals NULL.
    private bool Fits(IReadOnlyDictionary<string, string?>? row) =>
        row is not null
        && !Where.Any(pair => row.TryGetValue(pair.Key, out var value) && (value is null || ColumnValues.AreDifferent(pair.Value, value)));
}
