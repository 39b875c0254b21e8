using Npgsql;

namespace Tiebreak.LocalPostgres.Tests;

public sealed class StartAndStopTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task First_start_makes_a_cluster_and_its_rows_survive_a_stop()
    {
        int process;
        await using (var first = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data)))
        {
            process = first.ProcessId!.Value;
            Assert.True(Servers.IsRunning(process));
            Assert.Equal(_folder.Data, first.DataFolder);
            Assert.Equal("tiebreak", await Servers.AskAsync<string>(first.ConnectionString, "SELECT current_database()::text"));
            await Servers.RunAsync(first.ConnectionString, "CREATE TABLE kept AS SELECT 42 AS n");
        }

        Assert.False(Servers.IsRunning(process));
        await using var second = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));
        Assert.Equal(42, await Servers.AskAsync<int>(second.ConnectionString, "SELECT n FROM kept"));
    }

    [Fact]
    public async Task Server_is_for_this_machine_and_whoever_knows_the_password_only()
    {
        await using var server = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));
        var builder = new NpgsqlConnectionStringBuilder(server.ConnectionString);

        Assert.Equal("127.0.0.1", await Servers.AskAsync<string>(server.ConnectionString, "SHOW listen_addresses"));
        Assert.Equal("", await Servers.AskAsync<string>(server.ConnectionString, "SHOW unix_socket_directories"));
        Assert.DoesNotContain(builder.Password!, await File.ReadAllTextAsync($"/proc/{server.ProcessId}/cmdline"), StringComparison.Ordinal);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(server.DataFolder!, "password")));

        builder.Password = "guessed";
        var refused = await Assert.ThrowsAsync<PostgresException>(() => Servers.AskAsync<int>(builder.ConnectionString, "SELECT 1"));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
    }

    [Fact]
    public async Task Server_learns_nothing_of_its_owners_environment()
    {
        Environment.SetEnvironmentVariable("SECRET_OF_A_TEST", "hunter2");
        await using var server = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));

        var supervisor = Servers.ParentOf(server.ProcessId!.Value);
        foreach (var process in new[] { server.ProcessId.Value, supervisor })
        {
            var environment = (await File.ReadAllTextAsync($"/proc/{process}/environ")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
            Assert.DoesNotContain(environment, v => v.Contains("hunter2", StringComparison.Ordinal));
            Assert.Contains("HOME=" + server.DataFolder, environment);
            Assert.Contains("PATH=" + Environment.GetEnvironmentVariable("PATH"), environment);
        }
    }

    [Fact]
    public async Task Server_is_durable_sorts_by_code_point_and_knows_letters_unless_told_otherwise()
    {
        var options = new LocalPostgresOptions
        {
            DataFolder = _folder.Data,
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["work_mem"] = "5MB", ["max_connections"] = "33" },
        };
        await using var server = await LocalPostgresServer.StartAsync(options);

        foreach (var (setting, value) in new[]
        {
            ("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on"), ("data_checksums", "on"),
            ("server_encoding", "UTF8"), ("TimeZone", "UTC"), ("work_mem", "5MB"), ("max_connections", "33"),
        })
        {
            Assert.Equal(value, await Servers.AskAsync<string>(server.ConnectionString, $"SHOW {setting}"));
        }

        Assert.True(await Servers.AskAsync<bool>(server.ConnectionString, "SELECT 'B' < 'a' AND 'z' < 'ä'"));
        Assert.Equal("ä", await Servers.AskAsync<string>(server.ConnectionString, "SELECT lower('Ä')"));
    }

    [Fact]
    public async Task Disposing_twice_and_at_once_is_the_same_as_once()
    {
        var server = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));
        var process = server.ProcessId!.Value;

        await Task.WhenAll(server.DisposeAsync().AsTask(), server.DisposeAsync().AsTask());
        await server.DisposeAsync();

        Assert.Null(server.ProcessId);
        Assert.False(Servers.IsRunning(process));
    }

    [Fact]
    public async Task Start_that_is_cancelled_leaves_nothing_running_and_the_folder_free()
    {
        using var soon = new CancellationTokenSource();
        var start = LocalPostgresServer.StartAsync(Servers.Over(_folder.Data), cancellationToken: soon.Token);
        var pidFile = Path.Combine(_folder.Data, "pgdata", "postmaster.pid");
        await Servers.UntilAsync("the server's process", () => File.Exists(pidFile) || start.IsCompleted);
        await soon.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        Assert.False(File.Exists(pidFile));
        await using var next = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));
        Assert.True(await Servers.AnswersAsync(next.ConnectionString));
    }
}
