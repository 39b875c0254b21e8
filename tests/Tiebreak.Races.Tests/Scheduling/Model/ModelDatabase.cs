using System.Collections.Immutable;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Sql;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Scheduling.Model;

/// <summary>
/// PostgreSQL at READ COMMITTED in a hundred lines: rows of one number, row locks, unique keys, a foreign key,
/// visibility at commit. A statement is a sequence of what it waits for: it goes on when it is asked again and may.
/// </summary>
internal sealed class ModelDatabase
{
    private readonly Dictionary<ModelRow, Dictionary<ModelTransaction, LockStrength>> _locks = [];
    private readonly HashSet<ModelTransaction> _open = [];

    /// <summary>t: rows with a key; u: nothing but a unique key; c: points to t.</summary>
    public static readonly Catalog Catalog = new(
        new Dictionary<string, CatalogTable>(StringComparer.Ordinal)
        {
            ["public.t"] = Table("public.t", ["id", "v"], ["id"]),
            ["public.u"] = Table("public.u", ["id", "who"], ["id"]),
            ["public.c"] = Table("public.c", ["id", "t_id"], ["id"], new CatalogForeignKey(["t_id"], "public.t", ["id"])),
        },
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal),
        new HashSet<string>(StringComparer.Ordinal));

    public ImmutableSortedDictionary<string, int> Rows => _committed.ToImmutableSortedDictionary(pair => $"{pair.Key.Table}{pair.Key.Key}", pair => pair.Value);

    private ImmutableDictionary<ModelRow, int> _committed = ImmutableDictionary<ModelRow, int>.Empty
        .Add(new ModelRow("t", 1), 0).Add(new ModelRow("t", 2), 0);

    /// <summary>What a statement that begins now sees.</summary>
    public ImmutableDictionary<ModelRow, int> See(ModelTransaction transaction) => transaction.Writes.Aggregate(_committed, (rows, write) =>
        write.Value is { } value ? rows.SetItem(write.Key, value) : rows.Remove(write.Key));

    public IEnumerable<IReadOnlyList<ModelTransaction>> Lock(ModelTransaction transaction, ModelRow row, LockStrength strength)
    {
        while (Others(transaction, row, strength) is { Count: > 0 } others)
        {
            yield return others;
        }

        _open.Add(transaction);
        var held = _locks.TryGetValue(row, out var locks) ? locks : _locks[row] = [];
        held[transaction] = held.TryGetValue(transaction, out var had) && had > strength ? had : strength;
    }

    public IEnumerable<IReadOnlyList<ModelTransaction>> Update(ModelTransaction transaction, ModelRow row, Func<int, bool> where, Func<int, int?> set, List<RowChange> changes)
    {
        if (!See(transaction).TryGetValue(row, out var seen) || !where(seen))
        {
            yield break;
        }

        foreach (var wait in Lock(transaction, row, set(seen) is null ? LockStrength.Update : LockStrength.NoKeyUpdate))
        {
            yield return wait;
        }

        if (See(transaction).TryGetValue(row, out var now) && where(now))
        {
            Write(transaction, row, set(now), changes);
        }
    }

    public IEnumerable<IReadOnlyList<ModelTransaction>> Insert(ModelTransaction transaction, ModelRow row, int value, List<RowChange> changes)
    {
        while (_open.Where(other => other != transaction && other.Writes.ContainsKey(row)).ToList() is { Count: > 0 } others)
        {
            yield return others;
        }

        if (See(transaction).ContainsKey(row))
        {
            throw new ModelError("23505");
        }

        Write(transaction, row, value, changes);
        if (row.Table != "c")
        {
            yield break;
        }

        var parent = new ModelRow("t", value);
        foreach (var wait in Lock(transaction, parent, LockStrength.KeyShare))
        {
            yield return wait;
        }

        if (!See(transaction).ContainsKey(parent))
        {
            throw new ModelError("23503");
        }
    }

    public void End(ModelTransaction transaction, bool commits)
    {
        _committed = commits ? See(transaction) : _committed;
        transaction.Writes.Clear();
        _open.Remove(transaction);
        foreach (var held in _locks.Values)
        {
            held.Remove(transaction);
        }
    }

    private void Write(ModelTransaction transaction, ModelRow row, int? value, List<RowChange> changes)
    {
        int? old = See(transaction).TryGetValue(row, out var seen) ? seen : null;
        changes.Add(new RowChange("public." + row.Table, Json(row, old), Json(row, value)));
        transaction.Writes[row] = value;
        _open.Add(transaction);
    }

    private static string? Json(ModelRow row, int? value) =>
        value is null ? null : $$"""{"id":{{row.Key}},"{{(row.Table switch { "t" => "v", "u" => "who", _ => "t_id" })}}":{{value}}}""";

    private List<ModelTransaction> Others(ModelTransaction transaction, ModelRow row, LockStrength strength) =>
        !_locks.TryGetValue(row, out var held) ? []
        : [.. held.Where(pair => pair.Key != transaction && LockStrengths.Conflict(pair.Value, strength)).Select(pair => pair.Key)];

    private static CatalogTable Table(string name, string[] columns, string[] key, params CatalogForeignKey[] foreignKeys) =>
        new(name, columns, [key], foreignKeys, HasTriggers: false, new HashSet<string>(StringComparer.Ordinal));
}
