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

    [Fact]
    public async Task Restart_that_is_cancelled_by_another_than_the_owner_is_tried_again()
    {
        var failing = new FailingLog("recovers now", new OperationCanceledException(), times: 1);
        await using var server = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data), failing);
        var before = server.ProcessId!.Value;
        await Servers.SignalAsync("KILL", before);
        await Servers.UntilAsync("the server is back", async () =>
            server.ProcessId is { } now && now != before && await Servers.AnswersAsync(server.ConnectionString));
    }

    [Fact]
    public async Task Server_that_does_not_heed_the_stop_is_ended_before_the_folder_is_free()
    {
        var cancellation = TestContext.Current.CancellationToken;
        Directory.CreateDirectory(_folder.Data);
        var user = await ServerUser.DefaultAsync(cancellation);
        var options = Servers.Over(_folder.Data) with { StartTimeout = TimeSpan.FromSeconds(60) };
        var launch = await ServerLaunch.PrepareAsync(options, new ClusterFolder(_folder.Data, user), cancellation);
        var server = await KeptServer.StartAsync(launch with { StopLimit = TimeSpan.FromSeconds(1) }, _log, cancellation);
        var process = server.ProcessId!.Value;
        await Servers.SignalAsync("STOP", process);

        await server.DisposeAsync();
        var isRunning = Servers.IsRunning(process);
        if (isRunning)
        {
            await Servers.SignalAsync("KILL", process);
        }

        Assert.False(isRunning);
        Assert.True(_log.Has("is ended by force"));
    }

    [Fact]
    public async Task Watch_that_failed_does_not_keep_the_folder_locked()
    {
        var failing = new FailingLog("ended by itself", new InvalidOperationException("The log is full."), times: int.MaxValue);
        var server = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data), failing);
        await Servers.SignalAsync("KILL", server.ProcessId!.Value);
        await Servers.UntilAsync("the log was asked", () => failing.HasFailed);

        await Record.ExceptionAsync(() => server.DisposeAsync().AsTask());

        await using var next = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));
        Assert.True(await Servers.AnswersAsync(next.ConnectionString));
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
