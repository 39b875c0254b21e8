using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Scenarios;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Resetting;

public sealed class ScratchDatabaseTests(PostgresCluster cluster) : IAsyncLifetime
{
    private string _server = "";

    public async ValueTask InitializeAsync() => _server = await cluster.CreateDatabaseAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Every_kind_of_table_is_put_back_as_it_was()
    {
        await using var database = await CreateAsync(AllKindsOfColumns.Scenario);
        var before = await AllKindsOfColumns.DumpAsync(database.ConnectionString);

        var changes = await AllKindsOfColumns.RunAsync(
            database,
            "UPDATE hen SET egg = NULL; DELETE FROM egg",
            "UPDATE kinds SET amount = 7, mood = 'sad', raw = '\\x00'; INSERT INTO kinds (amount) VALUES (9)",
            "INSERT INTO hen DEFAULT VALUES",
            "DELETE FROM node WHERE id = 3; UPDATE part SET region = 'b' WHERE id = 1; DELETE FROM part_b WHERE id = 2",
            "UPDATE other.\"Mixed Case\" SET v = NULL");
        Assert.Equal(["other.Mixed Case", "public.egg", "public.hen", "public.kinds", "public.log", "public.node", "public.part"], changes.Select(change => change.Table).Distinct().Order());
        database.NoteWritten(changes);
        Assert.False(database.IsReset);
        Assert.NotEqual(before, await AllKindsOfColumns.DumpAsync(database.ConnectionString));

        await database.ResetAsync(CancellationToken.None);
        Assert.True(database.IsReset);
        Assert.Equal(before, await AllKindsOfColumns.DumpAsync(database.ConnectionString));
        Assert.Empty(database.UntrackedTables);
    }

    [Fact]
    public async Task Sequences_go_on_where_they_did_after_a_reset()
    {
        await using var database = await CreateAsync(AllKindsOfColumns.Scenario);
        const string Take = "INSERT INTO kinds (amount) VALUES (nextval('loose'))";
        var first = await AllKindsOfColumns.RunAsync(database, Take);
        database.NoteWritten(first);
        await database.ResetAsync(CancellationToken.None);
        await database.AdvanceSequencesAsync(1_000_003, CancellationToken.None);
        Assert.False(database.IsReset);
        var moved = await AllKindsOfColumns.RunAsync(database, Take);
        database.NoteWritten(moved);
        await database.ResetAsync(CancellationToken.None);
        var again = await AllKindsOfColumns.RunAsync(database, Take);

        Assert.Contains("\"id\":3,", first[0].New);
        Assert.Contains("\"amount\":50,", first[0].New);
        Assert.Contains("\"id\":1000006,", moved[0].New);
        Assert.Contains("\"amount\":25,", moved[0].New);
        Assert.Contains("\"id\":3,", again[0].New);
        Assert.Contains("\"amount\":50,", again[0].New);
    }

    [Fact]
    public async Task A_run_that_only_took_a_value_from_a_sequence_is_reset_too()
    {
        await using var database = await CreateAsync(AllKindsOfColumns.Scenario);
        await AllKindsOfColumns.RunAsync(database, "SELECT nextval('loose')");
        database.NoteWritten([]);

        Assert.False(database.IsReset);
        await database.ResetAsync(CancellationToken.None);
        Assert.True(database.IsReset);
        Assert.Contains("50", (await AllKindsOfColumns.RunAsync(database, "INSERT INTO kinds (amount) VALUES (nextval('loose'))"))[0].New);
    }

    [Fact]
    public async Task Truncate_and_copy_are_reported()
    {
        await using var database = await CreateAsync(AllKindsOfColumns.Scenario);
        var before = await AllKindsOfColumns.DumpAsync(database.ConnectionString);
        var truncated = await AllKindsOfColumns.RunAsync(database, "TRUNCATE part_a");
        await using (var connection = new NpgsqlConnection(database.ConnectionString))
        {
            await connection.OpenAsync();
            await using var writer = await connection.BeginTextImportAsync("COPY part FROM STDIN");
            await writer.WriteAsync("5\ta\n");
        }

        Assert.Equal(("public.part", null, null), (truncated[0].Table, truncated[0].Old, truncated[0].New));
        database.NoteWritten(truncated);
        await database.ResetAsync(CancellationToken.None);
        Assert.Equal(before, await AllKindsOfColumns.DumpAsync(database.ConnectionString));
    }

    [Fact]
    public async Task A_write_that_no_trigger_saw_is_told_and_taken_back()
    {
        await using var database = await CreateAsync(AllKindsOfColumns.Scenario);
        var before = await AllKindsOfColumns.DumpAsync(database.ConnectionString);
        var changes = await AllKindsOfColumns.RunAsync(database, "SET session_replication_role = replica; DELETE FROM part WHERE id = 1");
        Assert.Empty(changes);

        Assert.Equal(["public.part"], await database.VerifyAsync(CancellationToken.None));
        Assert.Equal(["public.part"], database.UntrackedTables);
        Assert.Equal(before, await AllKindsOfColumns.DumpAsync(database.ConnectionString));

        // From now on it is reset whether anything was reported or not.
        await AllKindsOfColumns.RunAsync(database, "SET session_replication_role = replica; DELETE FROM part WHERE id = 1");
        await database.ResetAsync(CancellationToken.None);
        await database.ResetAsync(CancellationToken.None);
        Assert.Equal(before, await AllKindsOfColumns.DumpAsync(database.ConnectionString));
    }

    [Fact]
    public async Task Rows_are_read_as_postgresql_prints_them_whatever_is_in_them()
    {
        await using var database = await CreateAsync(AllKindsOfColumns.Scenario);
        database.NoteWritten(await AllKindsOfColumns.RunAsync(database, "UPDATE kinds SET amount = 5 WHERE id = 1"));
        var rows = await database.ReadRowsAsync(CancellationToken.None);

        var kinds = Assert.Single(rows).Value;
        var row = kinds.Rows.Single(row => row[0] == "1").Zip(kinds.Columns).ToDictionary(pair => pair.Second, pair => pair.First);
        Assert.Equal("10", row["twice"]);
        Assert.Equal("(1,\"a,b\")", row["place"]);
        Assert.Equal("{x,\"y z\",NULL}", row["tags"]);
        Assert.Equal("{\"a\": [1, null], \"b\": 1}", row["doc"]);
        Assert.Equal("\\xdead", row["raw"]);
        Assert.Equal("1.50", row["price"]);
        Assert.Equal("0.1", row["real"]);
        Assert.Equal("q'\"\\", row["Odd \"name"]);
        Assert.Null(kinds.Rows.Single(row => row[0] == "2")[3]);
    }

    [Fact]
    public async Task The_catalog_knows_keys_views_triggers_and_functions()
    {
        await using var database = await CreateAsync(AllKindsOfColumns.Scenario);
        var catalog = database.Catalog;

        Assert.Equal(["other.Mixed Case", "public.booked", "public.egg", "public.hen", "public.kinds", "public.log", "public.node", "public.part", "public.word"], catalog.Tables.Keys.Order());
        Assert.Equal(["id"], catalog.Tables["public.kinds"].UniqueKeys.Single());
        Assert.Equal(["id", "region"], catalog.Tables["public.part"].UniqueKeys.Single());
        Assert.Equal(["room", "during"], catalog.Tables["public.booked"].UniqueKeys.Single());
        Assert.Equal(["what"], catalog.Tables["public.word"].UniqueKeys.Single());
        Assert.Equal(["id"], catalog.Tables["public.kinds"].GeneratedColumns);
        Assert.Equal(["id"], catalog.Tables["public.hen"].GeneratedColumns);
        var key = catalog.Tables["public.egg"].ForeignKeys.Single();
        Assert.Equal(("hen", "public.hen", "id"), (key.Columns[0], key.Parent, key.ParentColumns[0]));
        Assert.True(catalog.Tables["public.node"].HasTriggers);
        Assert.False(catalog.Tables["public.hen"].HasTriggers);
        Assert.Equal(["public.kinds"], catalog.Views["public.moods"]);
        Assert.Equal(["public.kinds", "public.node"], catalog.Views["public.over"]);
        Assert.Equal(["public.part"], catalog.Views["public.part_a"]);
        Assert.Contains("note", catalog.Functions);
    }

    [Fact]
    public async Task A_script_that_fails_is_told_with_its_line()
    {
        // A role of its own: others make and drop databases at the same time.
        await ScalarAsync("CREATE ROLE maker LOGIN CREATEDB PASSWORD 'maker'; SELECT 1::bigint");
        _server = new NpgsqlConnectionStringBuilder(_server) { Username = "maker", Password = "maker", Database = "postgres" }.ConnectionString;
        var error = await Assert.ThrowsAsync<RaceException>(() => CreateAsync(new Scenario { Schema = ["CREATE TABLE a (id int);\n\nCREATE TABLE b (id integr);\nSELECT 1"] }));
        Assert.StartsWith("The schema script failed at line 3: 42704", error.Message);

        error = await Assert.ThrowsAsync<RaceException>(() => CreateAsync(new Scenario { Schema = ["CREATE TABLE a (id int)"], Given = ["SELECT 1", "INSERT INTO a\nVALUES ('x')"] }));
        Assert.StartsWith("The given script number 2 of 2 failed at line 2: 22P02", error.Message);
        Assert.Equal(0, await ScalarAsync("SELECT count(*) FROM pg_database WHERE datdba = 'maker'::regrole"));
    }

    [Fact]
    public async Task Disposing_drops_the_database_even_with_somebody_connected()
    {
        var database = await CreateAsync(new Scenario { Schema = ["CREATE TABLE a (id int)"] });
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        var name = connection.Database;
        Assert.True(await ExistsAsync(name));

        await database.DisposeAsync();
        Assert.False(await ExistsAsync(name));
    }

    private Task<ScratchDatabase> CreateAsync(Scenario scenario) => ScratchDatabase.CreateAsync(_server, scenario, CancellationToken.None);

    private async Task<bool> ExistsAsync(string name) => await ScalarAsync($"SELECT count(*) FROM pg_database WHERE datname = '{name}'") == 1;

    private async Task<long> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
