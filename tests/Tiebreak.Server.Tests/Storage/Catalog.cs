using Npgsql;

namespace Tiebreak.Server.Tests.Storage;

/// <summary>A database's schema as lines of text, read from PostgreSQL's own catalogs.</summary>
internal static class Catalog
{
    private const string Query = """
        WITH relations AS (
            SELECT c.oid, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' AND c.relname NOT LIKE '%\_\_EFMigrationsHistory'
        )
        SELECT CASE relkind WHEN 'r' THEN 'table ' WHEN 'S' THEN 'sequence ' WHEN 'v' THEN 'view ' ELSE 'relation of kind ' || relkind::text || ' ' END || relname
        FROM relations WHERE relkind NOT IN ('i', 't')
        UNION ALL
        SELECT 'column ' || r.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
            || CASE WHEN a.attcollation <> 0 THEN ' collate ' || co.collname ELSE '' END
            || CASE WHEN a.attnotnull THEN ' not null' ELSE ' null' END
            || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
            || CASE WHEN a.attidentity <> '' THEN ' identity' ELSE '' END || CASE WHEN a.attgenerated <> '' THEN ' generated' ELSE '' END
        FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_collation co ON co.oid = a.attcollation
        WHERE r.relkind IN ('r', 'p', 'v', 'm')
        UNION ALL
        SELECT 'constraint ' || r.relname || '.' || k.conname || ' ' || pg_get_constraintdef(k.oid)
        FROM relations r JOIN pg_constraint k ON k.conrelid = r.oid WHERE k.contype IN ('p', 'u', 'c', 'f', 'x')
        UNION ALL
        SELECT 'index ' || r.relname || ' ' || pg_get_indexdef(i.indexrelid)
        FROM relations r JOIN pg_index i ON i.indrelid = r.oid
        WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
        UNION ALL
        SELECT 'trigger ' || r.relname || '.' || t.tgname FROM relations r JOIN pg_trigger t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal
        UNION ALL
        SELECT 'function ' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'
        """;

    public static async Task<IReadOnlyList<string>> ReadAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(Query, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(0));
        }

        return [.. lines.Order(StringComparer.Ordinal)];
    }

    /// <summary>What only one of the two has; empty when they are the same.</summary>
    public static string Differences(IReadOnlyList<string> migrated, IReadOnlyList<string> model) => string.Join('\n',
        migrated.Except(model, StringComparer.Ordinal).Select(line => line + "   <- migrated only")
            .Concat(model.Except(migrated, StringComparer.Ordinal).Select(line => line + "   <- model only"))
            .Order(StringComparer.Ordinal));
}
