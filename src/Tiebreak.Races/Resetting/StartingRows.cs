using System.Data;
using System.Globalization;
using Npgsql;

namespace Tiebreak.Races.Resetting;

/// <summary>The rows that each run starts from: a copy of every table, the position of every sequence, a hash of it all.</summary>
internal sealed class StartingRows
{
    private const string SaveSequences = $"""
        CREATE TABLE {SqlText.OwnSchema}.sequence (id regclass, last bigint, called boolean, step bigint, low bigint, high bigint);
        DO $save$
        DECLARE s record;
        BEGIN
          FOR s IN
            SELECT c.oid::regclass AS id, q.seqincrement, q.seqmin, q.seqmax
            FROM pg_catalog.pg_sequence q JOIN pg_catalog.pg_class c ON c.oid = q.seqrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
          LOOP
            EXECUTE pg_catalog.format('INSERT INTO {SqlText.OwnSchema}.sequence SELECT $1, last_value, is_called, $2, $3, $4 FROM %s', s.id)
            USING s.id, s.seqincrement, s.seqmin, s.seqmax;
          END LOOP;
        END $save$;
        """;

    private const string RestoreSequences = $"SELECT pg_catalog.setval(id, last, called) FROM {SqlText.OwnSchema}.sequence";

    // Each goes another multiple, so that afterwards no two give the same value. One that is too short for its step goes
    // half of what it has left.
    private const string AdvanceSequences = $"""
        SELECT pg_catalog.setval(s.id, CASE
            WHEN s.step > 0 THEN CASE WHEN s.high - s.now > s.by THEN s.now + s.by ELSE s.now + (s.high - s.now) / 2 END
            ELSE CASE WHEN s.now - s.low > s.by THEN s.now - s.by ELSE s.now - (s.now - s.low) / 2 END END, true)
        FROM (SELECT *, coalesce(pg_catalog.pg_sequence_last_value(id), last) AS now, $1 * row_number() OVER (ORDER BY id::oid) AS by FROM {SqlText.OwnSchema}.sequence) s
        """;

    private readonly IReadOnlyList<StageTable> _tables;
    private readonly RestoreStatements _statements;
    private readonly Dictionary<string, string> _hashes = new(StringComparer.Ordinal);

    private StartingRows(IReadOnlyList<StageTable> tables, RestoreStatements statements)
    {
        _tables = tables;
        _statements = statements;
    }

    /// <summary>Whether the database has any sequence.</summary>
    public bool HasSequences { get; private set; }

    /// <summary>Copies what is there now.</summary>
    public static async Task<StartingRows> SaveAsync(
        NpgsqlConnection connection, IReadOnlyList<StageTable> tables, RestoreStatements statements, CancellationToken cancellationToken)
    {
        var saved = new StartingRows(tables, statements);
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
        await using var disposed = transaction.ConfigureAwait(false);
        await connection.ExecuteAsync(
            $"""
            DO $drop$ DECLARE t record; BEGIN
              FOR t IN SELECT c.oid::regclass AS id FROM pg_catalog.pg_class c WHERE c.relnamespace = '{SqlText.OwnSchema}'::regnamespace AND c.relkind = 'r'
              LOOP EXECUTE pg_catalog.format('DROP TABLE %s', t.id); END LOOP; END $drop$;
            """,
            cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(SaveSequences, cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(
            [.. tables.Select((table, i) => $"CREATE TABLE {RestoreStatements.CopyOf(i)} WITH (autovacuum_enabled = false) AS SELECT {SqlText.Names(table.Writable)} FROM {table.Quoted}")],
            cancellationToken).ConfigureAwait(false);
        await connection.QueryAsync(
            [.. tables.Select((_, i) => $"SELECT 1 FROM {RestoreStatements.CopyOf(i)} HAVING count(*) = 0")],
            (i, _) => statements.NoteEmpty(tables[i].Name),
            cancellationToken).ConfigureAwait(false);
        await connection.QueryAsync([$"SELECT 1 FROM {SqlText.OwnSchema}.sequence LIMIT 1"], (_, _) => saved.HasSequences = true, cancellationToken).ConfigureAwait(false);
        foreach (var (table, hash) in await HashAsync(connection, tables, cancellationToken).ConfigureAwait(false))
        {
            saved._hashes[table] = hash;
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return saved;
    }

    /// <summary>Puts these tables and all sequences back, in one round trip.</summary>
    /// <returns>Tables whose rows do not stand in the order of the start: a query without ORDER BY would see them in another.</returns>
    public async Task<IReadOnlyCollection<string>> RestoreAsync(NpgsqlConnection connection, IReadOnlyCollection<string> dirty, CancellationToken cancellationToken)
    {
        var (empty, fill, _) = _statements.For(dirty);
        List<string> statements = [.. empty, .. fill];
        if (HasSequences)
        {
            statements.Add(RestoreSequences);
        }

        var disordered = new HashSet<string>(StringComparer.Ordinal);
        await connection.QueryAsync(
            statements,
            (_, row) =>
            {
                if (row.GetFieldType(0) == typeof(string))
                {
                    disordered.Add(row.GetString(0));
                }
            },
            cancellationToken).ConfigureAwait(false);
        return disordered;
    }

    /// <summary>Puts tables back into files without dead rows: slower, but in the order of the start.</summary>
    public async Task RebuildAsync(NpgsqlConnection connection, IReadOnlyCollection<string> tables, CancellationToken cancellationToken)
    {
        if (tables.Count == 0)
        {
            return;
        }

        var (empty, fill, all) = _statements.For(tables);
        await connection.ExecuteAsync(empty, cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync($"VACUUM {string.Join(", ", all.Select(table => table.Quoted))}", cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(fill, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Moves every sequence on.</summary>
    public static async Task AdvanceAsync(NpgsqlConnection connection, long by, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(AdvanceSequences, connection) { Parameters = { new() { Value = by } } };
        await using var disposed = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The tables, <paramref name="except"/> some, that do not have their starting rows.</summary>
    public async Task<IReadOnlyList<string>> FindChangedAsync(NpgsqlConnection connection, IReadOnlySet<string> except, CancellationToken cancellationToken)
    {
        var hashes = await HashAsync(connection, [.. _tables.Where(table => !except.Contains(table.Name))], cancellationToken).ConfigureAwait(false);
        return [.. hashes.Where(pair => _hashes[pair.Key] != pair.Value).Select(pair => pair.Key).Order(StringComparer.Ordinal)];
    }

    /// <summary>A hash of each table that does not depend on the order of its rows.</summary>
    private static async Task<IReadOnlyDictionary<string, string>> HashAsync(NpgsqlConnection connection, IReadOnlyList<StageTable> tables, CancellationToken cancellationToken)
    {
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        await connection.QueryAsync(
            [.. tables.Select(table => $"SELECT count(*), coalesce(sum(pg_catalog.hashtextextended(tiebreak_row::text, 0)), 0)::text FROM {table.Quoted} tiebreak_row")],
            (i, row) => hashes[tables[i].Name] = string.Create(CultureInfo.InvariantCulture, $"{row.GetInt64(0)} {row.GetString(1)}"),
            cancellationToken).ConfigureAwait(false);
        return hashes;
    }
}
