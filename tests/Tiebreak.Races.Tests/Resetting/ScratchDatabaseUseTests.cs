using System.Diagnostics;
using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Traces;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Resetting;

public sealed class ScratchDatabaseUseTests(PostgresCluster cluster, ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly Scenario Vouchers = new()
    {
        Schema = ["CREATE TABLE voucher (id int PRIMARY KEY, used int NOT NULL); CREATE TABLE orders (id serial PRIMARY KEY, voucher int REFERENCES voucher ON DELETE CASCADE, at timestamptz DEFAULT now())"],
        Given = ["INSERT INTO voucher VALUES (1, 0), (2, 0); INSERT INTO orders (voucher) VALUES (1)"],
    };

    private string _server = "";

    public async ValueTask InitializeAsync() => _server = await cluster.CreateDatabaseAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Who_waits_for_whom_is_found_while_rows_are_read()
    {
        await using var database = await ScratchDatabase.CreateAsync(_server, Vouchers, CancellationToken.None);
        await using var first = await OpenAsync(database.ConnectionString);
        await using var second = await OpenAsync(database.ConnectionString);
        await ExecuteAsync(first, "BEGIN; UPDATE voucher SET used = 1 WHERE id = 1");
        var waiting = ExecuteAsync(second, "UPDATE voucher SET used = 2 WHERE id = 1");

        IReadOnlyDictionary<int, IReadOnlyList<int>> blockers;
        do
        {
            var asked = database.FindBlockersAsync([first.ProcessID, second.ProcessID], CancellationToken.None);
            await database.ReadRowsAsync(CancellationToken.None);
            blockers = await asked;
        }
        while (blockers.Count == 0);

        Assert.Equal(second.ProcessID, Assert.Single(blockers).Key);
        Assert.Equal([first.ProcessID], blockers[second.ProcessID]);
        await ExecuteAsync(first, "ROLLBACK");
        await waiting;
    }

    [Fact]
    public async Task Locks_that_a_run_left_behind_end_a_reset_with_a_word_on_who_holds_them()
    {
        await using var database = await ScratchDatabase.CreateAsync(_server, Vouchers, CancellationToken.None);
        await using var left = await OpenAsync(database.ConnectionString);
        await ExecuteAsync(left, "BEGIN; UPDATE voucher SET used = 1");
        database.NoteWritten([new RowChange("public.voucher", null, null)]);

        var error = await Assert.ThrowsAsync<RaceException>(() => database.ResetAsync(CancellationToken.None));
        Assert.Contains($"process {left.ProcessID} ", error.Message);
        Assert.Contains("UPDATE voucher SET used = 1", error.Message);

        await ExecuteAsync(left, "ROLLBACK");
        await database.ResetAsync(CancellationToken.None);
        Assert.True(database.IsReset);
    }

    [Fact]
    public async Task Broken_invariants_are_named_and_wrong_queries_are_refused()
    {
        async Task<ScratchDatabase> With(params Invariant[] invariants) => await ScratchDatabase.CreateAsync(_server, Vouchers with { Invariants = invariants }, CancellationToken.None);

        await using (var database = await With(new("holds", "SELECT true"), new("breaks", "SELECT count(*) > 9 FROM voucher;"), new("too", "SELECT false")))
        {
            Assert.Equal(["breaks", "too"], await database.FindBrokenInvariantsAsync(CancellationToken.None));
        }

        foreach (var (sql, expected) in new[]
        {
            ("SELECT used FROM nowhere", "42P01"), ("SELECT used = 0 FROM voucher", "more than one row"), ("SELECT true FROM voucher WHERE id = 9", "no row"),
            ("SELECT NULL::boolean", "NULL"), ("SELECT 1", "integer"), ("SELECT true, true", "2 columns"),
        })
        {
            await using var database = await With(new("first", "SELECT true"), new("wrong", sql), new("last", "SELECT true"));
            var error = await Assert.ThrowsAsync<RaceException>(() => database.FindBrokenInvariantsAsync(CancellationToken.None));
            Assert.Contains("\"wrong\"", error.Message);
            Assert.Contains(expected, error.Message);
        }
    }

    [Fact]
    public async Task A_role_that_is_no_superuser_resets_as_well()
    {
        await using var admin = await OpenAsync(_server);
        var role = "racer_" + admin.Database;
        await ExecuteAsync(admin, $"CREATE ROLE {role} LOGIN CREATEDB PASSWORD 'pw'");
        var server = new NpgsqlConnectionStringBuilder(_server) { Username = role, Password = "pw" }.ConnectionString;
        await using var database = await ScratchDatabase.CreateAsync(server, Vouchers with
        {
            Schema =
            [
                .. Vouchers.Schema,
                "CREATE TABLE log (what text); CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (TG_OP); RETURN NULL; END $$;"
                    + "CREATE TRIGGER noted AFTER INSERT OR DELETE ON voucher FOR EACH ROW EXECUTE FUNCTION note()",
            ],
        }, CancellationToken.None);
        var before = (await database.ReadAllRowsAsync(CancellationToken.None)).SelectMany(table => table.Value.Rows.Select(row => table.Key + string.Join('|', row))).Order();

        for (var i = 0; i < 3; i++)
        {
            database.NoteWritten(await ReportedChanges.RunAsync(database.ConnectionString, "DELETE FROM voucher WHERE id = 1", "INSERT INTO voucher VALUES (3, 0)"));
            await database.ResetAsync(CancellationToken.None);
            Assert.Equal(before, (await database.ReadAllRowsAsync(CancellationToken.None)).SelectMany(table => table.Value.Rows.Select(row => table.Key + string.Join('|', row))).Order());
        }

        Assert.Empty(database.UntrackedTables);
    }

    [Fact]
    public async Task A_clone_has_the_same_starting_rows()
    {
        await using var database = await ScratchDatabase.CreateAsync(_server, Vouchers, CancellationToken.None);
        database.NoteWritten(await ReportedChanges.RunAsync(database.ConnectionString, "DELETE FROM voucher"));
        await using var clone = await database.CloneAsync(CancellationToken.None);
        await database.ResetAsync(CancellationToken.None);

        Assert.NotEqual(database.ConnectionString, clone.ConnectionString);
        Assert.Equal(
            (await database.ReadAllRowsAsync(CancellationToken.None))["public.orders"].Rows,
            (await clone.ReadAllRowsAsync(CancellationToken.None))["public.orders"].Rows);
        var changes = await ReportedChanges.RunAsync(clone.ConnectionString, "DELETE FROM voucher WHERE id = 1");
        Assert.Equal(2, changes.Count);
        clone.NoteWritten(changes);
        await clone.ResetAsync(CancellationToken.None);
        Assert.Equal(2, (await clone.ReadAllRowsAsync(CancellationToken.None))["public.voucher"].Rows.Count);

        await using var somebody = await OpenAsync(database.ConnectionString);
        var error = await Assert.ThrowsAsync<RaceException>(() => database.CloneAsync(CancellationToken.None));
        Assert.Contains("connected", error.Message);
    }

    [Fact]
    public async Task An_adopted_database_is_reset_to_what_was_saved_and_left_as_it_was_found()
    {
        var connectionString = await cluster.CreateDatabaseAsync();
        await using var connection = await OpenAsync(connectionString);
        await using (var database = await ScratchDatabase.AdoptAsync(connectionString, [], CancellationToken.None))
        {
            await ExecuteAsync(connection, "CREATE TABLE t (v int); INSERT INTO t VALUES (1)");
            await database.SaveStartAsync(CancellationToken.None);
            database.NoteWritten(await ReportedChanges.RunAsync(connectionString, "UPDATE t SET v = 2", "INSERT INTO t VALUES (3)"));
            await database.ResetAsync(CancellationToken.None);
            Assert.Equal([["1"]], (await database.ReadAllRowsAsync(CancellationToken.None))["public.t"].Rows);

            await database.SaveStartAsync(CancellationToken.None);
            Assert.Equal(["public.t"], database.Catalog.Tables.Keys);
        }

        Assert.Empty(await ReportedChanges.RunAsync(connectionString, "UPDATE t SET v = 2"));
        await using var command = new NpgsqlCommand("SELECT (SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database()) + (SELECT count(*) FROM pg_namespace WHERE nspname = 'tiebreak_races')", connection);
        Assert.Equal(0L, await command.ExecuteScalarAsync());
        await Assert.ThrowsAsync<RaceException>(() => ScratchDatabase.AdoptAsync(new NpgsqlConnectionStringBuilder(connectionString) { Database = "postgres" }.ConnectionString, [], CancellationToken.None));
    }

    [Fact]
    public async Task A_lost_connection_is_opened_again()
    {
        await using var database = await ScratchDatabase.CreateAsync(_server, Vouchers, CancellationToken.None);
        await using var admin = await OpenAsync(_server);
        await ExecuteAsync(admin, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{new NpgsqlConnectionStringBuilder(database.ConnectionString).Database}'");
        database.NoteWritten([new RowChange("public.voucher", null, null)]);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => database.ResetAsync(CancellationToken.None));
        await database.ResetAsync(CancellationToken.None);
        Assert.True(database.IsReset);
        Assert.Equal(2, (await database.ReadRowsAsync(CancellationToken.None))["public.voucher"].Rows.Count);
    }

    [Fact]
    public async Task Many_resets_stay_right_and_their_speed_is_told()
    {
        await using var database = await ScratchDatabase.CreateAsync(_server, Vouchers, CancellationToken.None);
        var changes = await ReportedChanges.RunAsync(database.ConnectionString, "UPDATE voucher SET used = 1", "INSERT INTO orders (voucher) VALUES (1)");
        await using var actor = await OpenAsync(database.ConnectionString);
        var spent = new Stopwatch();
        const int Times = 450;
        for (var i = 0; i < Times; i++)
        {
            await ExecuteAsync(actor, "UPDATE voucher SET used = 1; INSERT INTO orders (voucher) VALUES (1)");
            database.NoteWritten(changes);
            spent.Start();
            await database.ResetAsync(CancellationToken.None);
            var rows = await database.ReadRowsAsync(CancellationToken.None);
            spent.Stop();
            Assert.Equal(["1|0", "2|0"], rows["public.voucher"].Rows.Select(row => string.Join('|', row)));
            Assert.Single(rows["public.orders"].Rows);
        }

        output.WriteLine($"{spent.Elapsed.TotalMilliseconds / Times:f2} ms for a reset and a reading of two tables, checks and vacuum included");
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
