using Npgsql;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Wire;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Wire;

/// <summary>Clients through a gate.</summary>
public sealed class RelayClientTests(PostgresCluster cluster) : RelayTests(cluster)
{
    [Fact]
    public async Task Statements_of_a_driver_transaction_are_never_split()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        var wrong = 0;
        for (var round = 0; round < 100; round++)
        {
            await using var scheduler = new ReleasingScheduler(relay);
            await using (var connection = await source.OpenConnectionAsync(Ct))
            {
                await using var transaction = await connection.BeginTransactionAsync(Ct);
                await RunAsync(connection, "INSERT INTO stock VALUES ($1, 1)", round);
                await transaction.RollbackAsync(Ct);
            }

            if (scheduler.Texts is not ["Statement: INSERT INTO stock VALUES ($1, 1)", "Rollback: ROLLBACK"])
            {
                wrong++;
                TestContext.Current.TestOutputHelper!.WriteLine(string.Join(" | ", scheduler.Texts));
            }

            await relay.EndRunAsync(false, Ct);
        }

        Assert.Equal(0, wrong);
    }

    [Fact]
    public async Task Connection_goes_on_after_a_held_commit_that_failed()
    {
        var (_, relay, source) = await OpenAsync("", "CREATE TABLE once (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await using var connection = await source.OpenConnectionAsync(Ct);
        await RunAsync(connection, "INSERT INTO once VALUES (1)");
        var first = await Assert.ThrowsAsync<PostgresException>(() => RunAsync(connection, "INSERT INTO once VALUES (1)"));
        Assert.Equal("23505", first.SqlState);
        Assert.Equal(1, await RunAsync(connection, "INSERT INTO once VALUES (2)"));
    }

    [Fact]
    public async Task Copy_into_a_table_outside_a_transaction_goes_through()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await using var connection = await source.OpenConnectionAsync(Ct);
        async Task CopyAsync()
        {
            await using var import = await connection.BeginBinaryImportAsync("COPY stock FROM STDIN (FORMAT binary)", Ct);
            await import.StartRowAsync(Ct);
            await import.WriteAsync(1, Ct);
            await import.WriteAsync(2, Ct);
            await import.CompleteAsync(Ct);
        }

        await CopyAsync().WaitAsync(Bound, Ct);
    }

    [Fact]
    public async Task Copy_out_of_a_table_goes_through()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await using var connection = await source.OpenConnectionAsync(Ct);
        async Task<string> CopyAsync()
        {
            using var export = await connection.BeginTextExportAsync("COPY (SELECT 7) TO STDOUT", Ct);
            return await export.ReadToEndAsync(Ct);
        }

        Assert.Equal("7\n", await CopyAsync().WaitAsync(Bound, Ct));
    }

    [Fact]
    public async Task Binary_copy_out_of_many_rows_is_one_step_and_its_connection_goes_on()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await using var connection = await source.OpenConnectionAsync(Ct);
        async Task<long> SumAsync()
        {
            using var export = await connection.BeginBinaryExportAsync("COPY (SELECT n, repeat('x', 100) FROM generate_series(1, 50000) AS n) TO STDOUT (FORMAT binary)", Ct);
            var sum = 0L;
            while (await export.StartRowAsync(Ct) >= 0)
            {
                sum += await export.ReadAsync<int>(Ct);
                await export.SkipAsync(Ct);
            }

            return sum;
        }

        Assert.Equal(1_250_025_000, await SumAsync().WaitAsync(Bound, Ct));
        await RunAsync(connection, "INSERT INTO stock VALUES (9, 9)");
        Assert.Single(scheduler.Texts, text => text.Contains("COPY", StringComparison.Ordinal));
        Assert.Contains("Statement: INSERT INTO stock VALUES (9, 9)", scheduler.Texts);
    }

    [Fact]
    public async Task Rewritten_text_that_the_server_refuses_is_the_clients_error()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var connection = await source.OpenConnectionAsync(Ct);
        await using var command = new NpgsqlCommand("SELECT units FROM stock", connection);
        await command.PrepareAsync(Ct);
        await using var scheduler = new ReleasingScheduler(relay, new GateSettings { Rewrite = sql => sql.Replace("units", "unitz", StringComparison.Ordinal) });
        var error = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteScalarAsync(Ct).WaitAsync(Bound, Ct));
        Assert.Equal("42703", error.SqlState);
    }

    [Fact]
    public async Task Rewritten_statement_behind_a_failed_one_can_be_run_again()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var connection = await source.OpenConnectionAsync(Ct);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new("SELECT 1 / units FROM stock"), new("SELECT count(*) FROM stock") } };
        await RunAsync(connection, "INSERT INTO stock VALUES (1, 0)");
        await batch.PrepareAsync(Ct);
        await using var scheduler = new ReleasingScheduler(relay, new GateSettings { Rewrite = sql => sql.Replace("count(*)", "count(id)", StringComparison.Ordinal) });
        await Assert.ThrowsAsync<PostgresException>(() => batch.ExecuteNonQueryAsync(Ct).WaitAsync(Bound, Ct));
        await RunAsync(connection, "UPDATE stock SET units = 1");
        await batch.ExecuteNonQueryAsync(Ct).WaitAsync(Bound, Ct);
    }

    [Fact]
    public async Task More_than_32767_parameters_go_through()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await using var connection = await source.OpenConnectionAsync(Ct);
        var values = Enumerable.Range(0, 40_000).Select(value => (object)value).ToArray();
        await RunAsync(connection, "SELECT 1 FROM stock WHERE id IN (" + string.Join(',', Enumerable.Range(1, 40_000).Select(at => "$" + at)) + ")", values);
    }

    [Fact]
    public async Task Whole_batch_reports_the_rows_of_each_statement()
    {
        var (_, relay, source) = await OpenAsync("", """
            CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              RAISE INFO USING MESSAGE = 'tiebreak:row', DETAIL = json_build_object('table', 'public.stock', 'old', NULL, 'new', row_to_json(NEW))::text; RETURN NEW; END $$
            """, "CREATE TRIGGER tell AFTER INSERT ON stock FOR EACH ROW EXECUTE FUNCTION tell()");
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay, new GateSettings { Autocommit = AutocommitMode.Whole });
        await using var connection = await source.OpenConnectionAsync(Ct);
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new("INSERT INTO stock VALUES (1, 1)"), new("INSERT INTO stock VALUES (2, 1)") } };
        await batch.ExecuteNonQueryAsync(Ct).WaitAsync(Bound, Ct);
        Assert.Equal(2, (await scheduler.StepsAsync()).Sum(step => step.Result.Changes.Count));
    }

    [Fact]
    public async Task Level_that_a_transaction_chose_is_told()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await using var connection = await source.OpenConnectionAsync(Ct);
        await RunAsync(connection, "BEGIN ISOLATION LEVEL SERIALIZABLE");
        await RunAsync(connection, "SELECT units FROM stock");
        await RunAsync(connection, "ROLLBACK");
        Assert.Equal(System.Data.IsolationLevel.Serializable, (await scheduler.StepsAsync())[0].Statement.Isolation);
    }

    [Fact]
    public async Task Isolation_of_the_run_is_set_and_taken_back()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        foreach (var (level, text) in new[] { (System.Data.IsolationLevel.Serializable, "serializable"), (System.Data.IsolationLevel.ReadCommitted, "read committed") })
        {
            await using var scheduler = new ReleasingScheduler(relay, new GateSettings { Isolation = level });
            await using var connection = await source.OpenConnectionAsync(Ct);
            await using var command = new NpgsqlCommand("SELECT current_setting('transaction_isolation') FROM (VALUES (1)) v", connection);
            Assert.Equal(text, await command.ExecuteScalarAsync(Ct).WaitAsync(Bound, Ct));
            await relay.EndRunAsync(false, Ct);
        }
    }

    [Fact]
    public async Task Isolation_is_applied_to_a_driver_transaction()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay, new GateSettings { Isolation = System.Data.IsolationLevel.RepeatableRead });
        await using var connection = await source.OpenConnectionAsync(Ct);
        await RunAsync(connection, "BEGIN");
        await using var command = new NpgsqlCommand("SHOW transaction_isolation", connection);
        Assert.Equal("repeatable read", await command.ExecuteScalarAsync(Ct).WaitAsync(Bound, Ct));
    }

    [Fact]
    public async Task Procedure_that_commits_runs_outside_a_transaction()
    {
        var (_, relay, source) = await OpenAsync("", "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO stock VALUES (1, 1); COMMIT; END $$");
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await using var connection = await source.OpenConnectionAsync(Ct);
        await RunAsync(connection, "CALL p()");
    }

    [Fact]
    public async Task Large_answer_of_a_split_statement_arrives()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await using var connection = await source.OpenConnectionAsync(Ct);
        await using var command = new NpgsqlCommand("INSERT INTO stock SELECT g, g FROM generate_series(1, 100000) g RETURNING id, repeat('x', 100)", connection);
        await using var reader = await command.ExecuteReaderAsync(Ct).WaitAsync(Bound, Ct);
        var rows = 0;
        while (await reader.ReadAsync(Ct))
        {
            rows++;
        }

        Assert.Equal(100_000, rows);
    }
}
