using System.Data;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Sql;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Scheduling.Dependencies;

/// <summary>What a statement touches: its rows written as the triggers reported them, the rest from its text and the catalog.</summary>
internal sealed class FootprintReader(Catalog catalog)
{
    private static readonly Footprint Everything = new() { IsEverything = true };

    private static readonly HashSet<string> WithoutRows = new(StringComparer.Ordinal)
    {
        "begin", "start", "savepoint", "release", "set", "show", "reset", "discard", "deallocate", "listen", "unlisten", "notify", "prepare", "close",
    };

    private readonly TableNames _names = new(catalog);
    private readonly HashSet<string> _ordered = new(StringComparer.Ordinal);

    /// <summary>
    /// Notes the tables in which somebody looks at the order of generated values. In others it does not matter who draws
    /// from the sequence first, as generated ids are compared by what they point to.
    /// </summary>
    public void NoteOrdering(Step step)
    {
        foreach (var statement in SqlStatement.Split(step.Sql, _names) ?? [])
        {
            _ordered.UnionWith(statement.Tables.Where(table => catalog.Tables.TryGetValue(table, out var found) && statement.Orders(found.GeneratedColumns)));
        }
    }

    /// <param name="step">The statement; not the end of a transaction.</param>
    /// <param name="isolation">Of its transaction.</param>
    /// <param name="isFirst">Whether it is its transaction's first.</param>
    public Footprint Read(Step step, IsolationLevel isolation, bool isFirst)
    {
        if (SqlStatement.Split(step.Sql, _names) is not { } statements || step.Changes.Any(change => catalog.Tables.GetValueOrDefault(change.Table) is not { HasTriggers: false }))
        {
            return Everything;
        }

        var reads = new List<RowSet>();
        var locks = new List<RowSet>();
        var keys = new List<NamedKey>();
        foreach (var statement in statements.Where(statement => !WithoutRows.Contains(statement.Verb)))
        {
            if (statement.Verb is not ("select" or "values" or "table" or "with" or "insert" or "update" or "delete" or "merge") || statement.FunctionsIn(catalog).Any())
            {
                return Everything;
            }

            reads.AddRange(ReadsOf(statement, step));
            locks.AddRange(LocksOf(statement, step));
            keys.AddRange(statement.Keys(step.Parameters));
        }

        // References are checked against what is committed now, whatever the transaction sees.
        var checks = new List<RowSet>();
        var writes = step.Changes.Select(change => new RowWrite(change, catalog.Tables[change.Table])).ToList();
        foreach (var write in writes)
        {
            AddForeignKeys(write, checks, locks);
        }

        keys.AddRange(writes.Where(write => write.IsInsert && _ordered.Contains(write.Table)).Select(write => new NamedKey(write.Table, "drawn", IsShared: false, EndsWithTransaction: false)));
        var keepsSnapshot = isolation is IsolationLevel.RepeatableRead or IsolationLevel.Serializable or IsolationLevel.Snapshot;
        return new Footprint
        {
            Reads = keepsSnapshot ? checks : [.. reads, .. checks],
            TakesSnapshot = keepsSnapshot && isFirst,
            IsSerializable = isolation == IsolationLevel.Serializable,
            TrackedReads = isolation == IsolationLevel.Serializable ? reads : [],
            Locks = locks,
            Writes = writes,
            NewlyHeld = writes,
            Keys = keys,
        };
    }

    private static IEnumerable<RowSet> ReadsOf(SqlStatement statement, Step step)
    {
        var tables = statement.Tables;
        if (statement.Verb == "insert" && !statement.Has("select"))
        {
            return [];
        }

        // INSERT ... SELECT names its target without reading it.
        var read = statement.Verb == "insert" ? tables.Skip(1) : tables;
        var where = statement.Equalities(step.Parameters);
        return read.Distinct().Select(table => new RowSet(table, where));
    }

    /// <summary>Row locks that no written row tells of: of a lock clause, and of a write that failed, waited or found nothing.</summary>
    private IEnumerable<RowSet> LocksOf(SqlStatement statement, Step step)
    {
        var where = statement.Equalities(step.Parameters);
        if (statement.Locking is > LockStrength.None and var strength)
        {
            foreach (var table in statement.Tables.Distinct())
            {
                yield return new RowSet(table, where, strength) { IsHeld = step is { SqlState: null, Tag: not null } && !step.Tag.EndsWith(" 0", StringComparison.Ordinal) && !statement.Has("skip") };
            }
        }

        var isTold = step is { SqlState: null, Tag: not null, BlockedBy.Count: 0 } && (step.Changes.Count > 0 || step.Tag.EndsWith(" 0", StringComparison.Ordinal));
        var writes = statement.Verb is "insert" or "update" or "delete" or "merge" || (statement.Verb == "with" && (statement.Has("insert") || statement.Has("update") || statement.Has("delete") || statement.Has("merge")));
        var mayMiss = statement.Has("conflict") || statement.Verb == "merge";
        if (!writes || (isTold && !mayMiss))
        {
            yield break;
        }

        var inserts = statement.Has("insert");
        foreach (var table in statement.Targets)
        {
            yield return new RowSet(table, inserts ? RowSet.Any : where, LockStrength.Update, IncludesNew: inserts);
            foreach (var parent in catalog.Tables.GetValueOrDefault(table)?.ForeignKeys ?? [])
            {
                yield return new RowSet(parent.Parent, RowSet.Any, LockStrength.KeyShare);
            }
        }
    }

    /// <summary>
    /// A new reference reads and locks the row that it points to; a row that goes away looks for those that point to it.
    /// </summary>
    private void AddForeignKeys(RowWrite write, List<RowSet> reads, List<RowSet> locks)
    {
        foreach (var key in catalog.Tables[write.Table].ForeignKeys)
        {
            if (write.New is { } row && key.Columns.All(column => row.GetValueOrDefault(column) is not null) && (write.Old is not { } old || key.Columns.Any(column => old.GetValueOrDefault(column) != row.GetValueOrDefault(column))))
            {
                var parent = new RowSet(key.Parent, Where(key.ParentColumns, key.Columns, row), LockStrength.KeyShare);
                locks.Add(parent);
                reads.Add(parent with { Strength = LockStrength.None });
            }
        }

        if (write is { IsInsert: false, Strength: LockStrength.Update })
        {
            reads.AddRange(
                from table in catalog.Tables.Values
                from key in table.ForeignKeys
                where key.Parent == write.Table
                select new RowSet(table.Name, Where(key.Columns, key.ParentColumns, write.Old!)));
        }
    }

    private static Dictionary<string, string> Where(IReadOnlyList<string> columns, IReadOnlyList<string> from, IReadOnlyDictionary<string, string?> row) =>
        columns.Zip(from, (column, source) => (column, Value: row.GetValueOrDefault(source))).Where(pair => pair.Value is not null)
            .ToDictionary(pair => pair.column, pair => pair.Value!, StringComparer.Ordinal);
}
