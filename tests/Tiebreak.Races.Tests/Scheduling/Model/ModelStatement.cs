using Tiebreak.Races.Sql;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Scheduling.Model;

/// <summary>A statement of the model, with the SQL that it stands for.</summary>
/// <param name="Sql">Its text, once it is known what the actor has read.</param>
/// <param name="Run">What it does.</param>
internal sealed record ModelStatement(Func<ModelActor, string> Sql, Func<ModelActor, List<RowChange>, IEnumerable<IReadOnlyList<ModelTransaction>>> Run)
{
    /// <summary>The actor gives up, with an answer of its own, when the last value that it read is above 0.</summary>
    public bool StopsWhenTaken { get; init; }

    public static ModelStatement Read(int row) => new(
        _ => $"SELECT v FROM t WHERE id = {row}",
        (actor, _) => Reads(actor, seen => seen.TryGetValue(new ModelRow("t", row), out var value) ? value : -1));

    public static ModelStatement Check(int row) => Read(row) with { StopsWhenTaken = true };

    public static ModelStatement Sum() => new(_ => "SELECT sum(v) FROM t", (actor, _) => Reads(actor, seen => seen.Where(pair => pair.Key.Table == "t").Sum(pair => pair.Value)));

    public static ModelStatement Count(string table) => new(
        _ => $"SELECT count(*) FROM {table}", (actor, _) => Reads(actor, seen => seen.Count(pair => pair.Key.Table == table)));

    public static ModelStatement Lock(int row, LockStrength strength) => new(
        _ => $"SELECT v FROM t WHERE id = {row} FOR {strength switch { LockStrength.KeyShare => "KEY SHARE", LockStrength.Share => "SHARE", LockStrength.NoKeyUpdate => "NO KEY UPDATE", _ => "UPDATE" }}",
        (actor, _) => Locked(actor, new ModelRow("t", row), strength));

    /// <summary>Writes what was computed from what was read.</summary>
    public static ModelStatement Write(int row) => new(
        actor => $"UPDATE t SET v = {actor.LastRead + 1} WHERE id = {row}",
        (actor, changes) => actor.Database.Update(actor.Transaction, new ModelRow("t", row), _ => true, _ => actor.LastRead + 1, changes));

    public static ModelStatement Add(int row) => new(
        _ => $"UPDATE t SET v = v + 1 WHERE id = {row}",
        (actor, changes) => actor.Database.Update(actor.Transaction, new ModelRow("t", row), _ => true, value => value + 1, changes));

    public static ModelStatement Take(int row) => new(
        _ => $"UPDATE t SET v = v + 1 WHERE id = {row} AND v < 1",
        (actor, changes) => actor.Database.Update(actor.Transaction, new ModelRow("t", row), value => value < 1, value => value + 1, changes));

    public static ModelStatement AddAll() => new(_ => "UPDATE t SET v = v + 1", (actor, changes) => All(actor, changes));

    /// <summary>The count is of when the statement began, also when it then has to wait.</summary>
    public static ModelStatement WriteCount(int row) => new(
        _ => $"UPDATE t SET v = (SELECT count(*) FROM u) WHERE id = {row}",
        (actor, changes) =>
        {
            var count = actor.Database.See(actor.Transaction).Count(pair => pair.Key.Table == "u");
            return actor.Database.Update(actor.Transaction, new ModelRow("t", row), _ => true, _ => count, changes);
        });

    public static ModelStatement Delete(int row) => new(
        _ => $"DELETE FROM t WHERE id = {row}",
        (actor, changes) => actor.Database.Update(actor.Transaction, new ModelRow("t", row), _ => true, _ => null, changes));

    public static ModelStatement Insert(int key) => new(
        actor => $"INSERT INTO u (id, who) VALUES ({key}, {actor.Index})",
        (actor, changes) => actor.Database.Insert(actor.Transaction, new ModelRow("u", key), actor.Index, changes));

    public static ModelStatement InsertChild(int parent) => new(
        actor => $"INSERT INTO c (id, t_id) VALUES ({100 + actor.Index}, {parent})",
        (actor, changes) => actor.Database.Insert(actor.Transaction, new ModelRow("c", (100 * (actor.Index + 1)) + actor.Next), parent, changes));

    private static IEnumerable<IReadOnlyList<ModelTransaction>> Reads(ModelActor actor, Func<IReadOnlyDictionary<ModelRow, int>, int> read)
    {
        actor.LastRead = read(actor.Database.See(actor.Transaction));
        yield break;
    }

    private static IEnumerable<IReadOnlyList<ModelTransaction>> Locked(ModelActor actor, ModelRow row, LockStrength strength)
    {
        actor.LastRead = -1;
        if (!actor.Database.See(actor.Transaction).ContainsKey(row))
        {
            yield break;
        }

        foreach (var wait in actor.Database.Lock(actor.Transaction, row, strength))
        {
            yield return wait;
        }

        actor.LastRead = actor.Database.See(actor.Transaction).TryGetValue(row, out var value) ? value : -1;
    }

    private static IEnumerable<IReadOnlyList<ModelTransaction>> All(ModelActor actor, List<RowChange> changes)
    {
        var rows = actor.Database.See(actor.Transaction).Keys.Where(row => row.Table == "t").OrderBy(row => row.Key).ToList();
        return rows.SelectMany(row => actor.Database.Update(actor.Transaction, row, _ => true, value => value + 1, changes));
    }
}
