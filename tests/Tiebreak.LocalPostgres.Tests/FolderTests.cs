using System.Diagnostics;
using System.Globalization;

namespace Tiebreak.LocalPostgres.Tests;

public sealed class FolderTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly RecordedLog _log = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Folder_that_is_a_file_is_refused()
    {
        await File.WriteAllTextAsync(_folder.Data, "");
        await AssertRefusedAsync(_folder.Data, "is a file");
        await AssertRefusedAsync(Path.Combine(_folder.Data, "below"), "cannot be written");
    }

    [Fact]
    public Task Folder_that_cannot_be_written_is_refused() => AssertRefusedAsync("/proc/tiebreak", "cannot be written");

    [Fact]
    public async Task Data_of_another_major_version_is_refused_and_kept()
    {
        await (await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data))).DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder.Data, "pgdata", "PG_VERSION"), "9\n");

        await AssertRefusedAsync(_folder.Data, "made by PostgreSQL 9, which needs the programs of PostgreSQL 9");

        Assert.True(File.Exists(Path.Combine(_folder.Data, "pgdata", "global", "pg_control")));
    }

    [Fact]
    public async Task Folder_without_its_password_is_refused()
    {
        await (await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data))).DisposeAsync();
        var password = Path.Combine(_folder.Data, "password");
        File.Move(password, password + ".away");
        await AssertRefusedAsync(_folder.Data, "password cannot be read");

        await File.WriteAllTextAsync(password, "another");
        await AssertRefusedAsync(_folder.Data, "not that of the role tiebreak");
    }

    [Fact]
    public async Task Note_of_a_process_that_is_a_stranger_by_now_does_not_keep_the_server_away()
    {
        await (await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data))).DisposeAsync();
        var user = await ServerUser.DefaultAsync(TestContext.Current.CancellationToken);
        using var stranger = Process.Start(Command.StartInfo(user.CommandLine("sleep", "600")))!;
        try
        {
            var note = Path.Combine(_folder.Data, "pgdata", "postmaster.pid");
            await File.WriteAllTextAsync(note, string.Create(CultureInfo.InvariantCulture, $"{stranger.Id}\n{_folder.Data}\n1\n5432\n\n127.0.0.1\n\n"));

            await using var server = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));

            Assert.True(Servers.IsRunning(stranger.Id));
        }
        finally
        {
            stranger.Kill();
            await stranger.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task Folder_that_the_servers_user_cannot_reach_is_replaced_by_the_same_one_at_every_start()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root becomes another user.");
        File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        string? place;
        await using (var first = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data), _log))
        {
            place = first.DataFolder!;
            _folder.AlsoRemove(place);
            Assert.StartsWith(ClusterPlace.OpenRoot, place, StringComparison.Ordinal);
            await Servers.RunAsync(first.ConnectionString, "CREATE TABLE kept AS SELECT 42 AS n");
        }

        Assert.True(_log.Has(place));
        Assert.Contains(place, await File.ReadAllTextAsync(Path.Combine(_folder.Data, "moved-to.txt")), StringComparison.Ordinal);

        // Opened meanwhile: the data stays where it is.
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)Convert.ToInt32("755", 8));
        await using var second = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));
        Assert.Equal(place, second.DataFolder);
        Assert.Equal(42, await Servers.AskAsync<int>(second.ConnectionString, "SELECT n FROM kept"));
    }

    [Fact]
    public async Task Data_that_the_servers_user_cannot_reach_any_more_is_not_replaced_by_an_empty_cluster()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root becomes another user.");
        await (await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data))).DisposeAsync();
        File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await AssertRefusedAsync(_folder.Data, "cannot reach");
    }

    [Fact]
    public async Task Data_that_root_copied_is_given_to_the_servers_user()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root copies as root.");
        await (await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data))).DisposeAsync();
        Assert.True((await Command.RunAsync(["chown", "-R", "root", _folder.Data], default)).Succeeded);
        await using var server = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));
        Assert.True(await Servers.AnswersAsync(server.ConnectionString));
    }

    [Fact]
    public async Task Data_in_use_is_given_to_nobody()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root gives files away.");
        await (await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data))).DisposeAsync();
        var data = ClusterPlace.DataIn(_folder.Data);
        Assert.True((await Command.RunAsync(["chown", "-R", "root", data], default)).Succeeded);
        using var owner = OwnerLock.Take(_folder.Data, TimeProvider.System);

        await AssertRefusedAsync(_folder.Data, "already used by");

        Assert.Equal("0", (await Command.RunAsync(["stat", "-c", "%u", data], default)).Output.Trim());
    }

    private static async Task AssertRefusedAsync(string folder, string message)
    {
        var error = await Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgresServer.StartAsync(Servers.Over(folder)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
