using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Npgsql;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Wire;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Wire;

/// <summary>Clients through a gate.</summary>
public sealed class RelayClientTests(PostgresCluster cluster)
{
    private static readonly IReadOnlySet<string> NoFunctions = new HashSet<string>(StringComparer.Ordinal);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(8);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private async Task<(string Database, ActorRelay Relay, NpgsqlDataSource Source)> OpenAsync(string options = "", params string[] schema)
    {
        var database = await cluster.CreateDatabaseAsync();
        await using var direct = NpgsqlDataSource.Create(database);
        foreach (var sql in schema.Prepend("CREATE TABLE stock (id int PRIMARY KEY, units int)"))
        {
            await using var create = direct.CreateCommand(sql);
            await create.ExecuteNonQueryAsync(Ct);
        }

        var relay = ActorRelay.Start(database, 0, NoFunctions);
        var source = NpgsqlDataSource.Create(relay.ConnectionString + ";" + options);
        await using (await source.OpenConnectionAsync(Ct))
        {
        }

        return (database, relay, source);
    }

    private static async Task<int> RunAsync(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return await command.ExecuteNonQueryAsync(Ct).WaitAsync(Bound, Ct);
    }

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
    public async Task End_of_a_run_returns_when_the_open_transaction_is_rolled_back()
    {
        var (database, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var direct = NpgsqlDataSource.Create(database);
        await using var locker = await direct.OpenConnectionAsync(Ct);
        for (var round = 0; round < 20; round++)
        {
            await RunAsync(locker, "INSERT INTO stock VALUES (1, 1) ON CONFLICT DO NOTHING");
            await using var scheduler = new ReleasingScheduler(relay);
            await using var connection = await source.OpenConnectionAsync(Ct);
            await RunAsync(connection, "BEGIN");
            await RunAsync(connection, "DELETE FROM stock");
            await relay.EndRunAsync(false, Ct).WaitAsync(Bound, Ct);
            await RunAsync(locker, "BEGIN; SELECT 1 FROM stock FOR UPDATE NOWAIT; ROLLBACK");
        }
    }

    [Fact]
    public async Task End_of_a_run_stops_a_statement_that_waits_for_a_lock()
    {
        var (database, relay, source) = await OpenAsync("", "INSERT INTO stock VALUES (1, 1)");
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var direct = NpgsqlDataSource.Create(database);
        await using var locker = await direct.OpenConnectionAsync(Ct);
        await RunAsync(locker, "BEGIN; UPDATE stock SET units = 2");
        relay.BeginRun(new GateSettings());
        var connection = await source.OpenConnectionAsync(Ct);
        var updating = RunAsync(connection, "UPDATE stock SET units = 3");
        var step = await relay.NextAsync(Ct);
        var answer = step.ReleaseAsync();
        await relay.EndRunAsync(false, Ct).WaitAsync(Bound, Ct);
        Assert.Equal("57014", (await answer.WaitAsync(Bound, Ct)).SqlState);
        await Assert.ThrowsAnyAsync<Exception>(() => updating);
        await connection.DisposeAsync();
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

    [Fact]
    public async Task Disposal_ends_while_clients_come_and_speak()
    {
        for (var round = 0; round < 30; round++)
        {
            var (_, relay, source) = await OpenedAsync();
            var opening = Enumerable.Range(0, 4).Select(async _ =>
            {
                try
                {
                    await using var connection = await source.OpenConnectionAsync(Ct);
                }
                catch (Exception exception) when (exception is NpgsqlException or IOException)
                {
                }
            }).ToList();
            if (round % 2 == 0)
            {
                await Task.Yield();
            }

            await relay.DisposeAsync().AsTask().WaitAsync(Bound, Ct);
            await Task.WhenAll(opening).WaitAsync(TimeSpan.FromSeconds(30), Ct);
            await source.DisposeAsync();
        }
    }

    private string? _shared;

    private async Task<(string Database, ActorRelay Relay, NpgsqlDataSource Source)> OpenedAsync()
    {
        _shared ??= await cluster.CreateDatabaseAsync();
        var relay = ActorRelay.Start(_shared, 0, NoFunctions);
        return (_shared, relay, NpgsqlDataSource.Create(relay.ConnectionString));
    }

    public static TheoryData<string, byte[]> Garbage => new()
    {
        { "empty close", [(byte)'C', 0, 0, 0, 4] },
        { "empty query", [(byte)'Q', 0, 0, 0, 4] },
        { "parse without types", [(byte)'P', 0, 0, 0, 6, 0, 0] },
        { "parse with a negative count", [(byte)'P', 0, 0, 0, 8, 0, 0, 0xff, 0xff] },
        { "bind with a negative count", [(byte)'B', 0, 0, 0, 8, 0, 0, 0xff, 0xff] },
        { "length of two", [(byte)'Q', 0, 0, 0, 2] },
        { "length of 2 GB", [(byte)'Q', 0x7f, 0xff, 0xff, 0xff] },
        { "no type", [0, 0, 0, 0, 4, 1, 2, 3, 4, 5, 6, 7] },
        { "huge array", HugeArray() },
    };

    private static byte[] HugeArray()
    {
        byte[] array = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1];
        var parse = Frame.Make('P', [(byte)'s', 0, .. "SELECT $1"u8, 0, 0, 1, 0, 0, 3, 0xef]);
        var bind = Frame.Make('B', [0, (byte)'s', 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, (byte)array.Length, .. array, 0, 0]);
        return [.. parse, .. bind, .. Frame.Make('S')];
    }

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_closes_its_connection_and_nothing_else(string what, byte[] bytes)
    {
        Assert.NotEmpty(what);
        var (_, relay, source) = await OpenAsync();
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        using (var client = new TcpClient())
        {
            await client.ConnectAsync("127.0.0.1", relay.Port, Ct);
            var stream = client.GetStream();
            byte[] body = [0, 3, 0, 0, .. "user\0x\0\0"u8];
            var startup = new byte[4 + body.Length];
            BinaryPrimitives.WriteInt32BigEndian(startup, startup.Length);
            body.CopyTo(startup, 4);
            await stream.WriteAsync(startup, Ct);
            await stream.WriteAsync(bytes, Ct);
            client.Client.Shutdown(SocketShutdown.Send);
            var buffer = new byte[4096];
            try
            {
                while (await stream.ReadAsync(buffer, Ct).AsTask().WaitAsync(Bound, Ct) > 0)
                {
                }
            }
            catch (IOException)
            {
            }
        }

        await using (var connection = await source.OpenConnectionAsync(Ct))
        {
            await RunAsync(connection, "INSERT INTO stock VALUES (5, 5)");
        }

        await relay.EndRunAsync(true, Ct).WaitAsync(Bound, Ct);
        await relay.DisposeAsync().AsTask().WaitAsync(Bound, Ct);
    }

    [Fact]
    public async Task Flush_between_two_statements_keeps_one_transaction()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", relay.Port, Ct);
        var stream = client.GetStream();
        byte[] body = [0, 3, 0, 0, .. "user\0x\0\0"u8];
        var startup = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(startup, startup.Length);
        body.CopyTo(startup, 4);
        await stream.WriteAsync(startup, Ct);
        byte[] One(string sql) => [.. Frame.Make('P', [0, .. Encoding.UTF8.GetBytes(sql), 0, 0, 0]), .. Frame.Make('B', [0, 0, 0, 0, 0, 0, 0, 0]), .. Frame.Make('E', [0, 0, 0, 0, 0])];
        await stream.WriteAsync(new byte[][] { One("INSERT INTO stock VALUES (1,1)"), Frame.Make('H'), One("INSERT INTO stock VALUES (2,2)"), Frame.Make('S') }.SelectMany(b => b).ToArray(), Ct);
        var reader = new FrameReader(stream);
        var ready = new List<char>();
        while (ready.Count < 2 && await reader.ReadAsync(Ct).AsTask().WaitAsync(Bound, Ct) is { } frame)
        {
            if (frame.Type == (byte)'Z')
            {
                ready.Add((char)frame.Body[0]);
            }
        }

        Assert.Equal(['I', 'I'], ready);
        Assert.Equal(["Statement: INSERT INTO stock VALUES (1,1)", "Statement: INSERT INTO stock VALUES (2,2)", "Commit: COMMIT"], scheduler.Texts);
    }
}
