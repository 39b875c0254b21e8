using Npgsql;

namespace Tiebreak.Races.Resetting;

/// <summary>Reads what a database has of tables, keys, views and functions. What belongs to an extension is left out.</summary>
internal static class CatalogReader
{
    private const string UserSchema = "n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '" + SqlText.OwnSchema + "')";

    private const string Relations = $"""
        SELECT c.oid, n.nspname, c.relname, c.relispartition,
               coalesce(r.root, c.oid),
               EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgname NOT IN ('{TrackingTriggers.Row}', '{TrackingTriggers.Truncate}'))
                 OR EXISTS (SELECT 1 FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid AND w.rulename <> '_RETURN')
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN LATERAL (SELECT pg_catalog.pg_partition_root(c.oid)::oid AS root) r ON c.relispartition
        WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND {UserSchema} AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
        ORDER BY n.nspname, c.relname
        """;

    private const string Columns = """
        SELECT a.attrelid, a.attnum::int, a.attname, a.attgenerated <> '',
               a.attidentity <> '' OR EXISTS (
                 SELECT 1 FROM pg_catalog.pg_attrdef f
                 JOIN pg_catalog.pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = f.oid AND p.refclassid = 'pg_class'::regclass
                 JOIN pg_catalog.pg_class s ON s.oid = p.refobjid AND s.relkind = 'S'
                 WHERE f.adrelid = a.attrelid AND f.adnum = a.attnum)
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attrelid, a.attnum
        """;

    // An expression has attribute number 0; with one, or with an exclusion constraint, rows may collide by any column.
    private const string UniqueKeys = """
        SELECT i.indrelid, (i.indkey::int2[])[0:i.indnkeyatts - 1]::int[], i.indisexclusion
        FROM pg_catalog.pg_index i
        WHERE i.indrelid = ANY ($1) AND (i.indisunique OR i.indisexclusion)
        ORDER BY i.indrelid, i.indisprimary DESC, i.indexrelid
        """;

    private const string ForeignKeys = """
        SELECT k.conrelid, k.conkey::int[], k.confrelid, k.confkey::int[]
        FROM pg_catalog.pg_constraint k
        WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = ANY ($1)
        ORDER BY k.conrelid, k.conname
        """;

    private const string Views = $"""
        SELECT n.nspname, c.relname, d.refobjid
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_rewrite w ON w.ev_class = c.oid
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid
        WHERE c.relkind IN ('v', 'm') AND {UserSchema}
        """;

    private const string Functions = $"""
        SELECT DISTINCT p.proname
        FROM pg_catalog.pg_proc p
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE {UserSchema} AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
        """;

    public static async Task<(Catalog Catalog, IReadOnlyList<StageTable> Tables)> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var relations = await QueryAsync(
            connection,
            Relations,
            null,
            row => new Relation(row.GetFieldValue<uint>(0), row.GetString(1), row.GetString(2), row.GetBoolean(3), row.GetFieldValue<uint>(4), row.GetBoolean(5)),
            cancellationToken).ConfigureAwait(false);
        var ids = relations.Select(relation => relation.Id).ToArray();
        var columns = (await QueryAsync(
            connection,
            Columns,
            ids,
            row => (Table: row.GetFieldValue<uint>(0), Number: row.GetInt32(1), Name: row.GetString(2), Generated: row.GetBoolean(3), Sequence: row.GetBoolean(4)),
            cancellationToken).ConfigureAwait(false)).ToLookup(column => column.Table);
        var keys = (await QueryAsync(
            connection,
            UniqueKeys,
            ids,
            row => (Table: row.GetFieldValue<uint>(0), Numbers: row.GetFieldValue<int[]>(1), Exclusion: row.GetBoolean(2)),
            cancellationToken).ConfigureAwait(false)).ToLookup(key => key.Table);
        var foreignKeys = (await QueryAsync(
            connection,
            ForeignKeys,
            ids,
            row => (Table: row.GetFieldValue<uint>(0), Numbers: row.GetFieldValue<int[]>(1), Parent: row.GetFieldValue<uint>(2), ParentNumbers: row.GetFieldValue<int[]>(3)),
            cancellationToken).ConfigureAwait(false)).ToLookup(key => key.Table);
        var reads = await QueryAsync(
            connection, Views, null, row => (Name: row.GetString(0) + "." + row.GetString(1), Reads: row.GetFieldValue<uint>(2)), cancellationToken).ConfigureAwait(false);
        var functions = await QueryAsync(connection, Functions, null, row => row.GetString(0), cancellationToken).ConfigureAwait(false);

        var byId = relations.ToDictionary(relation => relation.Id);
        string NameOf(uint table, int number) => columns[table].First(column => column.Number == number).Name;

        var parts = relations.ToLookup(relation => relation.Root);
        var roots = relations.Where(relation => relation.Id == relation.Root).ToList();
        var tables = roots.Select(root => new CatalogTable(
            root.Name,
            [.. columns[root.Id].Select(column => column.Name)],
            // A partition may have a key of its own; rows collide by it as well.
            [.. parts[root.Id].SelectMany(part => keys[part.Id]).Select(key => (IReadOnlyList<string>)(key.Exclusion || key.Numbers.Contains(0)
                ? [.. columns[root.Id].Select(column => column.Name)]
                : [.. key.Numbers.Select(number => NameOf(key.Table, number))])).DistinctBy(key => string.Join('\n', key))],
            [.. foreignKeys[root.Id].Where(key => byId.ContainsKey(key.Parent)).Select(key => new CatalogForeignKey(
                [.. key.Numbers.Select(number => NameOf(root.Id, number))],
                byId[byId[key.Parent].Root].Name,
                [.. key.ParentNumbers.Select(number => NameOf(key.Parent, number))]))],
            parts[root.Id].Any(part => part.HasTriggers),
            columns[root.Id].Where(column => column.Sequence).Select(column => column.Name).ToHashSet(StringComparer.Ordinal)));
        var stage = roots.Select(root => new StageTable(
            root.Name,
            SqlText.Name(root.Schema, root.Table),
            [.. parts[root.Id].Select(part => SqlText.Name(part.Schema, part.Table))],
            [.. columns[root.Id].Select(column => column.Name)],
            [.. columns[root.Id].Where(column => !column.Generated).Select(column => column.Name)],
            parts[root.Id].Any(part => part.HasTriggers)));

        return (new Catalog(
            tables.ToDictionary(table => table.Name, StringComparer.Ordinal),
            ViewsOf(await NamesOfViewsAsync(connection, cancellationToken).ConfigureAwait(false), reads, relations, byId),
            functions.ToHashSet(StringComparer.Ordinal)), [.. stage]);
    }

    /// <summary>A view reads what the views under it read; a partition that is named itself reads as its root.</summary>
    private static Dictionary<string, IReadOnlyList<string>> ViewsOf(
        IReadOnlyDictionary<uint, string> views, IReadOnlyList<(string Name, uint Reads)> reads, IReadOnlyList<Relation> relations, IReadOnlyDictionary<uint, Relation> byId)
    {
        var direct = reads.ToLookup(read => read.Name, read => read.Reads);
        var result = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var view in views.Values)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal) { view };
            var tables = new SortedSet<string>(StringComparer.Ordinal);
            var open = new Stack<uint>(direct[view]);
            while (open.TryPop(out var id))
            {
                if (byId.TryGetValue(id, out var table))
                {
                    tables.Add(byId[table.Root].Name);
                }
                else if (views.TryGetValue(id, out var inner) && seen.Add(inner))
                {
                    foreach (var next in direct[inner])
                    {
                        open.Push(next);
                    }
                }
            }

            result[view] = [.. tables];
        }

        foreach (var part in relations.Where(relation => relation.Id != relation.Root))
        {
            result[part.Name] = [byId[part.Root].Name];
        }

        return result;
    }

    private static async Task<IReadOnlyDictionary<uint, string>> NamesOfViewsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            SELECT c.oid, n.nspname || '.' || c.relname
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('v', 'm') AND {UserSchema}
            """;
        var views = await QueryAsync(connection, Sql, null, row => (row.GetFieldValue<uint>(0), row.GetString(1)), cancellationToken).ConfigureAwait(false);
        return views.ToDictionary(view => view.Item1, view => view.Item2);
    }

    private static async Task<IReadOnlyList<T>> QueryAsync<T>(
        NpgsqlConnection connection, string sql, uint[]? tables, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using var disposed = command.ConfigureAwait(false);
        if (tables is not null)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = tables, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Oid });
        }

        var rows = new List<T>();
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var closed = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>A table or a partition; <paramref name="Root"/> is the partitioned table that it is a part of, or itself.</summary>
    private sealed record Relation(uint Id, string Schema, string Table, bool IsPartition, uint Root, bool HasTriggers)
    {
        public string Name => Schema + "." + Table;
    }
}
