namespace Tiebreak.LocalPostgres.Tests;

public sealed class KilledServerTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly RecordedLog _log = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killed_server_is_back_on_the_same_port_with_every_committed_row()
    {
        await using var server = await LocalPostgresServer.StartAsync(new LocalPostgresOptions { DataFolder = _folder.Data }, _log);
        await Servers.RunAsync(server.ConnectionString, "CREATE TABLE kept (n int)");
        for (var round = 1; round <= 3; round++)
        {
            await Servers.RunAsync(server.ConnectionString, $"INSERT INTO kept VALUES ({round})");
            await KillAndAwaitReturnAsync(server);
            Assert.Equal(round, await Servers.AskAsync<long>(server.ConnectionString, "SELECT count(*) FROM kept"));
        }

        Assert.True(_log.Has("started again"));
        Assert.True(_log.Has("recovers now"));
        Assert.True(_log.Has("is back"));
    }

    [Fact]
    public async Task Backend_that_does_not_notice_the_kill_does_not_keep_the_server_away()
    {
        await using var server = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data), _log);
        var busy = Servers.RunAsync(server.ConnectionString, "SET statement_timeout = 0; DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$");
        const string RunsIt = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%PERFORM%' AND pid <> pg_backend_pid()";
        await Servers.UntilAsync("a busy backend", async () => await Servers.AskAsync<long>(server.ConnectionString, RunsIt) == 1);

        await KillAndAwaitReturnAsync(server);

        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() => busy);
    }

    [Fact]
    public async Task Server_that_is_stopped_by_someone_else_is_started_again()
    {
        await using var server = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data), _log);
        await KillAndAwaitReturnAsync(server, "INT");
    }

    [Fact]
    public async Task Server_that_loses_its_supervisor_gets_another()
    {
        await using var server = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data), _log);
        var before = server.ProcessId!.Value;
        var supervisor = Servers.ParentOf(before);
        await Servers.SignalAsync("KILL", supervisor);

        await Servers.UntilAsync("the server is back", () => _log.Has("is back"));
        Assert.False(Servers.IsRunning(before));
        Assert.True(await Servers.AnswersAsync(server.ConnectionString));
        Assert.True(Servers.IsRunning(Servers.ParentOf(server.ProcessId!.Value)));
    }

    private async Task KillAndAwaitReturnAsync(LocalPostgresServer server, string signal = "KILL")
    {
        var before = server.ProcessId!.Value;
        await Servers.SignalAsync(signal, before);
        await Servers.UntilAsync("the server is back", async () =>
            server.ProcessId is { } now && now != before && await Servers.AnswersAsync(server.ConnectionString));
        await Servers.UntilAsync("the log says so", () => _log.Has("is back"));
    }
}
