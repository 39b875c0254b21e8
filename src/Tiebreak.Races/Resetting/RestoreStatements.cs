using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Resetting;

/// <summary>
/// The statements that put tables back to their starting rows. A session in the replica role fires no triggers and checks
/// no foreign keys, so any order will do; other sessions take children before parents on the way out and after them on the
/// way in.
/// </summary>
internal sealed class RestoreStatements(IReadOnlyList<StageTable> tables, Catalog catalog, bool isReplica)
{
    private readonly Dictionary<string, int> _positions = tables.Select((table, i) => (table.Name, i)).ToDictionary(pair => pair.Name, pair => pair.i, StringComparer.Ordinal);
    private readonly HashSet<string> _empty = new(StringComparer.Ordinal);

    /// <summary>Whether there is a table of that name.</summary>
    public bool Knows(string table) => _positions.ContainsKey(table);

    /// <summary>Tables that start without rows need none put back.</summary>
    public void NoteEmpty(string table) => _empty.Add(table);

    public static string CopyOf(int position) => $"{SqlText.OwnSchema}.start_{position}";

    /// <summary>What empties these tables and what fills them again; each part is a whole by itself.</summary>
    public (IReadOnlyList<string> Empty, IReadOnlyList<string> Fill, IReadOnlyList<StageTable> Tables) For(IReadOnlyCollection<string> dirty)
    {
        List<string> names = isReplica ? [.. dirty.Order(StringComparer.Ordinal)] : ParentsFirst(WithChildren(dirty));
        var ordered = names.Select(name => tables[_positions[name]]).ToList();
        var withTriggers = isReplica ? [] : ordered.Where(table => table.HasUserTriggers).ToList();
        IReadOnlyList<string> WithoutTriggers(IEnumerable<string> statements) =>
        [
            .. withTriggers.Select(table => $"ALTER TABLE {table.Quoted} DISABLE TRIGGER USER"),
            .. statements,
            .. withTriggers.Select(table => $"ALTER TABLE {table.Quoted} ENABLE TRIGGER USER"),
        ];
        return (
            WithoutTriggers(ordered.AsEnumerable().Reverse().Select(table => $"DELETE FROM {table.Quoted}")),
            WithoutTriggers(ordered.Where(table => !_empty.Contains(table.Name)).Select(Insert)),
            ordered);
    }

    /// <summary>Gives a row when a row came to stand before the one that was put in before it.</summary>
    private string Insert(StageTable table)
    {
        var columns = SqlText.Names(table.Writable);
        var insert = $"INSERT INTO {table.Quoted} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {CopyOf(_positions[table.Name])}";
        return table.Truncatable.Count > 1 || table.HasUserTriggers
            ? insert
            : $"WITH put AS ({insert} RETURNING ctid AS place) SELECT {SqlText.Literal(table.Name)} FROM (SELECT place < lag(place) OVER () AS back FROM put) o WHERE back LIMIT 1";
    }

    /// <summary>Deleting a parent's rows reaches the rows that point to them.</summary>
    private HashSet<string> WithChildren(IReadOnlyCollection<string> dirty)
    {
        var all = new HashSet<string>(dirty, StringComparer.Ordinal);
        var open = new Stack<string>(dirty);
        while (open.TryPop(out var parent))
        {
            foreach (var child in catalog.Tables.Values.Where(table => table.ForeignKeys.Any(key => key.Parent == parent)).Where(child => all.Add(child.Name)))
            {
                open.Push(child.Name);
            }
        }

        return all;
    }

    private List<string> ParentsFirst(HashSet<string> names)
    {
        var ordered = new List<string>();
        var left = new SortedSet<string>(names, StringComparer.Ordinal);
        while (left.Count > 0)
        {
            var next = left.FirstOrDefault(name => catalog.Tables[name].ForeignKeys.All(key => key.Parent == name || !left.Contains(key.Parent)))
                ?? throw new RaceException(
                    $"The foreign keys of {string.Join(", ", left)} go in a circle, so their rows can be put back only by a superuser (or a role that was granted SET ON PARAMETER session_replication_role). Connect as one.");
            left.Remove(next);
            ordered.Add(next);
        }

        return ordered;
    }
}
