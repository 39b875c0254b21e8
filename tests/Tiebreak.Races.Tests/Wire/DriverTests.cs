using System.Diagnostics;
using Npgsql;
using Tiebreak.Testing;

namespace Tiebreak.Races.Tests.Wire;

/// <summary>What drivers do beside sending statements, through a gate.</summary>
public sealed class DriverTests(PostgresCluster cluster) : RelayTests(cluster)
{
    [Fact]
    public async Task Statements_that_the_driver_prepares_by_itself_are_told_with_text_and_parameters()
    {
        var (_, relay, source) = await OpenAsync("Max Auto Prepare=5;Auto Prepare Min Usages=2");
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await using var connection = await source.OpenConnectionAsync(Ct);
        for (var id = 1; id <= 5; id++)
        {
            Assert.Equal(1, await RunAsync(connection, "INSERT INTO stock VALUES ($1, $2)", id, id * 10));
        }

        var inserts = (await scheduler.StepsAsync()).Where(step => step.Statement.Sql.StartsWith("INSERT", StringComparison.Ordinal)).ToList();
        Assert.Equal(["1, 10", "2, 20", "3, 30", "4, 40", "5, 50"], inserts.Select(step => string.Join(", ", step.Statement.Parameters)));
    }

    [Fact]
    public async Task Notifications_reach_the_connection_that_listens()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await using var listener = await source.OpenConnectionAsync(Ct);
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        listener.Notification += (_, told) => heard.TrySetResult(told.Payload);
        await RunAsync(listener, "LISTEN news");
        await using var speaker = await source.OpenConnectionAsync(Ct);
        await RunAsync(speaker, "NOTIFY news, 'sold out'");
        await listener.WaitAsync(Ct).WaitAsync(Bound, Ct);
        Assert.Equal("sold out", await heard.Task.WaitAsync(Bound, Ct));
    }

    [Fact]
    public async Task Cancelled_statement_ends_and_its_connection_goes_on()
    {
        var (database, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await using var direct = new NpgsqlConnection(database);
        await direct.OpenAsync(Ct);
        await RunAsync(direct, "INSERT INTO stock VALUES (1, 1)");
        await RunAsync(direct, "BEGIN; UPDATE stock SET units = 2");
        await using var connection = await source.OpenConnectionAsync(Ct);
        await using (var update = new NpgsqlCommand("UPDATE stock SET units = 3", connection))
        {
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            var running = update.ExecuteNonQueryAsync(cancel.Token);
            await WaitUntilBlockedAsync(direct);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Bound, Ct));
        }

        await RunAsync(direct, "ROLLBACK");
        Assert.Equal(1, await RunAsync(connection, "UPDATE stock SET units = 4"));
    }

    [Fact]
    public async Task Backend_that_is_terminated_ends_its_connection_and_no_other()
    {
        var (database, relay, source) = await OpenAsync("Pooling=false");
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await using var direct = new NpgsqlConnection(database);
        await direct.OpenAsync(Ct);
        await using var first = await source.OpenConnectionAsync(Ct);
        await using var second = await source.OpenConnectionAsync(Ct);
        await RunAsync(direct, "SELECT pg_terminate_backend($1)", first.ProcessID);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => RunAsync(first, "INSERT INTO stock VALUES (1, 1)"));
        Assert.Equal(1, await RunAsync(second, "INSERT INTO stock VALUES (2, 1)"));
    }

    [Fact]
    public async Task Connections_of_an_actor_are_told_apart_in_the_order_of_their_first_statements()
    {
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await using var first = await source.OpenConnectionAsync(Ct);
        await using var second = await source.OpenConnectionAsync(Ct);
        await RunAsync(second, "INSERT INTO stock VALUES (1, 1)");
        await RunAsync(first, "INSERT INTO stock VALUES (2, 1)");
        await RunAsync(second, "INSERT INTO stock VALUES (3, 1)");
        Assert.Equal([0, 1, 0], (await scheduler.StepsAsync()).Where(step => step.Statement.Sql.StartsWith("INSERT", StringComparison.Ordinal)).Select(step => step.Statement.Connection));
    }

    [Fact]
    public async Task Psql_is_held_statement_by_statement()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/psql"), "psql is missing: install postgresql-client.");
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await RunProgramAsync("/usr/bin/psql", $"host=127.0.0.1 port={relay.Port} user=any dbname=any sslmode=prefer", "-c", "BEGIN", "-c", "INSERT INTO stock VALUES (1, 1)", "-c", "COMMIT");
        Assert.Equal(["Statement: INSERT INTO stock VALUES (1, 1)", "Commit: COMMIT"], scheduler.Texts);
    }

    [Fact]
    public async Task Psycopg_is_held_statement_by_statement()
    {
        Assert.SkipUnless(await HasPsycopgAsync(), "Python's psycopg2 is missing: install python3-psycopg2.");
        var (_, relay, source) = await OpenAsync();
        await using var ownedRelay = relay;
        await using var ownedSource = source;
        await using var scheduler = new ReleasingScheduler(relay);
        await RunProgramAsync("/usr/bin/python3", "-c", $"""
            import psycopg2
            connection = psycopg2.connect(host='127.0.0.1', port={relay.Port}, user='any', password='any', dbname='any')
            with connection, connection.cursor() as cursor:
                cursor.execute('SELECT units FROM stock WHERE id = %s FOR UPDATE', (1,))
                cursor.execute('INSERT INTO stock VALUES (%s, %s)', (1, 5))
            connection.close()
            """);
        Assert.Equal(["Statement: SELECT units FROM stock WHERE id = 1 FOR UPDATE", "Statement: INSERT INTO stock VALUES (1, 5)", "Commit: COMMIT"], scheduler.Texts);
    }

    private static async Task WaitUntilBlockedAsync(NpgsqlConnection direct)
    {
        await using var blocked = new NpgsqlCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pg_backend_pid() = ANY (pg_blocking_pids(pid))", direct);
        while (await blocked.ExecuteScalarAsync(Ct) is 0L)
        {
        }
    }

    private static async Task<bool> HasPsycopgAsync()
    {
        if (!File.Exists("/usr/bin/python3"))
        {
            return false;
        }

        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", "import psycopg2"]) { RedirectStandardError = true })!;
        await python.WaitForExitAsync(Ct);
        return python.ExitCode == 0;
    }

    private static async Task RunProgramAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var error = process.StandardError.ReadToEndAsync(Ct);
        _ = process.StandardOutput.ReadToEndAsync(Ct);
        await process.WaitForExitAsync(Ct).WaitAsync(TimeSpan.FromSeconds(30), Ct);
        Assert.True(process.ExitCode == 0, await error);
    }
}
