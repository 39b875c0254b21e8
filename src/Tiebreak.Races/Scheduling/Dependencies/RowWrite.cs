using Tiebreak.Races.Resetting;
using Tiebreak.Races.Sql;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling.Dependencies;

/// <summary>A row that a statement wrote.</summary>
internal sealed class RowWrite
{
    private readonly CatalogTable? _table;

    public RowWrite(RowChange change, CatalogTable? table)
    {
        _table = table;
        Table = change.Table;
        Old = ColumnValues.Read(change.Old);
        New = ColumnValues.Read(change.New);
        Strength = Old is not null && New is not null && !IsKeyChanged() ? LockStrength.NoKeyUpdate : LockStrength.Update;
    }

    public string Table { get; }

    public IReadOnlyDictionary<string, string?>? Old { get; }

    public IReadOnlyDictionary<string, string?>? New { get; }

    public LockStrength Strength { get; }

    public bool IsInsert => Old is null;

    /// <summary>Whether the second of both has to wait for, or sees another row because of, the first: same row or same unique value.</summary>
    public bool Meets(RowWrite other)
    {
        if (Table != other.Table)
        {
            return false;
        }

        if (_table is not { UniqueKeys.Count: > 0 })
        {
            // Rows cannot be told apart, but a new one is nobody else's yet.
            return !IsInsert && !other.IsInsert;
        }

        return _table.UniqueKeys.Any(key => IsOpaque(key) || Rows(this).Any(mine => Rows(other).Any(theirs => AreEqual(key, mine, theirs))));
    }

    /// <summary>Whether this write, earlier in the same transaction, certainly left the row of the other one locked as it needs it.</summary>
    public bool Holds(RowWrite later) =>
        Strength >= later.Strength && later.Strength == LockStrength.NoKeyUpdate && New is { } mine && Table == later.Table
        && _table!.UniqueKeys.Any(key => !IsOpaque(key) && key.All(column => mine.GetValueOrDefault(column) is { } value && value == later.Old!.GetValueOrDefault(column)));

    /// <summary>Whether this lock, earlier in the same transaction, certainly is on this row: it names one row by a unique key, and got it.</summary>
    public bool IsHeldBy(RowSet locked) =>
        locked.IsHeld && locked.Strength >= Strength && Strength == LockStrength.NoKeyUpdate && Table == locked.Table && _table is not null
        && _table.UniqueKeys.Any(key => !IsOpaque(key) && key.Count == locked.Where.Count
            && key.All(column => locked.Where.TryGetValue(column, out var value) && value == Old!.GetValueOrDefault(column)));

    private static IEnumerable<IReadOnlyDictionary<string, string?>> Rows(RowWrite write) =>
        new[] { write.Old, write.New }.OfType<IReadOnlyDictionary<string, string?>>();

    private static bool AreEqual(IReadOnlyList<string> key, IReadOnlyDictionary<string, string?> one, IReadOnlyDictionary<string, string?> other)
    {
        var values = key.Select(column => (One: one.GetValueOrDefault(column), Other: other.GetValueOrDefault(column))).ToList();
        // NULLs count as equal where another column decides: NULLS NOT DISTINCT cannot be seen here.
        return values.Exists(pair => pair.One is not null && pair.Other is not null)
            && values.TrueForAll(pair => pair.One is null || pair.Other is null ? pair.One == pair.Other : !ColumnValues.AreDifferent(pair.One, pair.Other));
    }

    // A key of all columns stands for an expression or an exclusion, which does not say what meets.
    private bool IsOpaque(IReadOnlyList<string> key) => key.Count > 1 && key.Count == _table!.Columns.Count;

    private bool IsKeyChanged() =>
        _table is not null && _table.UniqueKeys.SelectMany(key => key).Any(column => Old!.GetValueOrDefault(column) != New!.GetValueOrDefault(column));
}
