using System.Globalization;

namespace Tiebreak.LocalPostgres.Tests;

public sealed class OwnerTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killed_owner_takes_its_server_along_and_the_next_one_finds_every_committed_row()
    {
        using var owner = OwnerProcess.Start(_folder.Data);
        await owner.UntilCommittedAsync(20);
        await owner.KillAsync();

        // At once, while the old server is still stopping.
        await using var next = await LocalPostgresServer.StartAsync(new LocalPostgresOptions { DataFolder = _folder.Data });
        Assert.False(Servers.IsRunning(owner.ServerId));
        await AssertRowsAsync(next, owner.Committed!.Value, orOneMore: true);
    }

    [Fact]
    public async Task Server_of_a_killed_owner_stops_without_a_next_one()
    {
        using var owner = OwnerProcess.Start(_folder.Data);
        await owner.UntilCommittedAsync(1);
        await owner.KillAsync();
        await Servers.UntilAsync("the server has stopped", () => !Servers.IsRunning(owner.ServerId));
        Assert.False(File.Exists(Path.Combine(_folder.Data, "pgdata", "postmaster.pid")));
    }

    [Fact]
    public async Task Server_that_outlived_its_owner_and_its_supervisor_is_stopped_by_the_next_owner()
    {
        using var owner = OwnerProcess.Start(_folder.Data);
        await KillAllButTheServerAsync(owner);

        await using var next = await LocalPostgresServer.StartAsync(new LocalPostgresOptions { DataFolder = _folder.Data });
        Assert.False(Servers.IsRunning(owner.ServerId));
        await AssertRowsAsync(next, owner.Committed!.Value, orOneMore: true);
    }

    [Fact]
    public async Task Root_that_may_not_look_into_the_servers_process_still_stops_it()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root runs the server as another user.");
        using var owner = OwnerProcess.Start(_folder.Data);
        await KillAllButTheServerAsync(owner);

        // What a container's root has: all but this capability.
        using var next = OwnerProcess.Start(_folder.Data, "setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace");
        try
        {
            await next.UntilCommittedAsync(owner.Committed!.Value + 2);
            Assert.False(Servers.IsRunning(owner.ServerId));
            await next.KillAsync();
            await Servers.UntilAsync("the server has stopped", () => !Servers.IsRunning(next.ServerId));
        }
        finally
        {
            if (Servers.IsRunning(owner.ServerId))
            {
                await Servers.SignalAsync("QUIT", owner.ServerId);
            }
        }
    }

    [Fact]
    public async Task Interrupt_of_the_whole_terminal_lets_the_owner_finish_with_its_server()
    {
        using var owner = OwnerProcess.Start(_folder.Data);
        await owner.UntilCommittedAsync(5);

        // What Ctrl-C does: the signal goes to every process of the foreground group.
        await Servers.SignalAsync("INT", -owner.Id);

        Assert.Equal(0, await owner.UntilEndedAsync());
        Assert.NotNull(owner.Drained);
        Assert.False(Servers.IsRunning(owner.ServerId));
        await using var next = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));
        await AssertRowsAsync(next, owner.Drained.Value, orOneMore: false);
    }

    [Fact]
    public async Task Owner_killed_while_it_makes_the_cluster_leaves_nothing_in_the_way()
    {
        using (var owner = OwnerProcess.Start(_folder.Data))
        {
            bool IsMaking() => Directory.Exists(_folder.Data)
                && Directory.GetDirectories(_folder.Data, "pgdata.new-*").Any(d => File.Exists(Path.Combine(d, "PG_VERSION")));
            await Servers.UntilAsync("initdb is at work", IsMaking);
            await owner.KillAsync();
        }

        Assert.False(Directory.Exists(Path.Combine(_folder.Data, "pgdata")));
        await using var next = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));
        Assert.True(await Servers.AnswersAsync(next.ConnectionString));
    }

    [Fact]
    public async Task Second_owner_is_told_who_has_the_folder()
    {
        using var owner = OwnerProcess.Start(_folder.Data);
        await owner.UntilCommittedAsync(1);

        var error = await Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgresServer.StartAsync(Servers.Over(_folder.Data)));

        var holder = string.Create(CultureInfo.InvariantCulture, $"already used by process {owner.Id} ");
        Assert.Contains(holder, error.Message, StringComparison.Ordinal);
        Assert.Contains("another DataFolder or a connection string", error.Message, StringComparison.Ordinal);
        var rows = owner.Committed!.Value;
        await owner.UntilCommittedAsync(rows + 1);
        await owner.KillAsync();
        await Servers.UntilAsync("the server has stopped", () => !Servers.IsRunning(owner.ServerId));
    }

    private static async Task KillAllButTheServerAsync(OwnerProcess owner)
    {
        await owner.UntilCommittedAsync(20);
        var supervisor = Servers.ParentOf(owner.ServerId);
        var watchers = Servers.ChildrenOf(supervisor).Where(id => id != owner.ServerId).ToList();
        await Servers.SignalAsync("STOP", owner.Id);
        foreach (var shell in watchers.Append(supervisor))
        {
            await Servers.SignalAsync("KILL", shell);
        }

        await owner.KillAsync();
        Assert.True(Servers.IsRunning(owner.ServerId));
    }

    // A commit whose answer the owner did not live to print may be there, too.
    private static async Task AssertRowsAsync(LocalPostgresServer server, int rows, bool orOneMore)
    {
        var there = await Servers.AskAsync<long>(server.ConnectionString, "SELECT count(*) FROM counted");
        Assert.InRange(there, rows, orOneMore ? rows + 1 : rows);
        Assert.Equal(there, await Servers.AskAsync<int>(server.ConnectionString, "SELECT max(n) FROM counted"));
    }
}
