using Npgsql;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Resetting;

/// <summary>A schema with everything in it that is awkward to put back.</summary>
internal static class AllKindsOfColumns
{
    public static readonly Scenario Scenario = new()
    {
        Schema =
        [
            """
            CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
            CREATE TYPE place AS (x int, y text);
            CREATE DOMAIN positive AS int CHECK (VALUE > 0);
            CREATE TABLE kinds (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                twice int GENERATED ALWAYS AS (amount * 2) STORED,
                amount positive NOT NULL,
                mood mood, place place, tags text[], doc jsonb, raw bytea, day date, at timestamptz DEFAULT now(),
                span tstzrange, token uuid DEFAULT gen_random_uuid(), price numeric(10, 2), real double precision, "Odd ""name" text);
            CREATE TABLE hen (id serial PRIMARY KEY, egg int);
            CREATE TABLE egg (id serial PRIMARY KEY, hen int NOT NULL REFERENCES hen ON DELETE CASCADE);
            ALTER TABLE hen ADD FOREIGN KEY (egg) REFERENCES egg DEFERRABLE INITIALLY DEFERRED;
            CREATE TABLE node (id int PRIMARY KEY, parent int REFERENCES node);
            CREATE TABLE part (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
            CREATE TABLE part_a PARTITION OF part FOR VALUES IN ('a');
            CREATE TABLE part_b PARTITION OF part FOR VALUES IN ('b');
            CREATE SCHEMA other;
            CREATE TABLE other."Mixed Case" (id int PRIMARY KEY, v text);
            CREATE TABLE log (what text);
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (TG_OP); RETURN NULL; END $$;
            CREATE TRIGGER noted AFTER INSERT OR DELETE ON node FOR EACH ROW EXECUTE FUNCTION note();
            CREATE VIEW moods AS SELECT mood FROM kinds;
            CREATE VIEW over AS SELECT m.mood, n.id FROM moods m, node n;
            CREATE TABLE booked (room int, during tstzrange, EXCLUDE USING gist (during WITH &&));
            CREATE TABLE word (what text); CREATE UNIQUE INDEX ON word (lower(what));
            CREATE SEQUENCE loose START 50 INCREMENT -1 MINVALUE 1 MAXVALUE 100;
            """,
        ],
        Given =
        [
            """
            INSERT INTO kinds (amount, mood, place, tags, doc, raw, day, span, price, real, "Odd ""name")
            VALUES (3, 'ok', (1, 'a,b'), '{x,"y z",NULL}', '{"b": 1, "a": [1, null]}', '\xdead', '2026-01-02', '[2026-01-01,2026-02-01)', 1.50, 0.1, 'q''"\');
            INSERT INTO kinds (amount) VALUES (4);
            INSERT INTO hen (egg) VALUES (NULL); INSERT INTO egg (hen) VALUES (1); UPDATE hen SET egg = 1;
            """,
            "INSERT INTO part VALUES (1, 'a'), (2, 'b'); INSERT INTO other.\"Mixed Case\" VALUES (1, 'one');",
            "INSERT INTO node VALUES (1, NULL), (2, 1), (3, 2); DELETE FROM log;",
        ],
    };

    /// <summary>All rows of all tables as text, to compare.</summary>
    public static async Task<string> DumpAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        var lines = new List<string>();
        foreach (var table in new[] { "kinds", "hen", "egg", "node", "part", "other.\"Mixed Case\"", "log" })
        {
            await using var command = new NpgsqlCommand($"SELECT t::text FROM {table} t ORDER BY 1", connection);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                lines.Add(table + " " + reader.GetString(0));
            }
        }

        return string.Join('\n', lines);
    }

    public static async Task<IReadOnlyList<RowChange>> RunAsync(ScratchDatabase database, params string[] statements) =>
        await ReportedChanges.RunAsync(database.ConnectionString, statements);
}
