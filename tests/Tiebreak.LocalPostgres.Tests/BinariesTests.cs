namespace Tiebreak.LocalPostgres.Tests;

public sealed class BinariesTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly BinariesPlaces _nowhere = new(null, [], [], "/nonexistent/note");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Machine_without_programs_is_told_every_way_out()
    {
        var error = await Assert.ThrowsAsync<LocalPostgresException>(() => FindAsync(_nowhere));
        foreach (var way in new[] { "install PostgreSQL", "Node.js", "BinariesFolder", "connection string" })
        {
            Assert.Contains(way, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Configured_folder_without_programs_is_refused_although_others_exist()
    {
        var options = Servers.Over(_folder.Data) with { BinariesFolder = _folder.Path };
        var error = await Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgresServer.StartAsync(options));
        Assert.Contains($"BinariesFolder {_folder.Path} does not hold", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_on_the_path_lead_to_the_real_programs()
    {
        var real = (await FindAsync(BinariesPlaces.OfThisMachine(null))).Folder;
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "initdb"), Path.Combine(real, "initdb"));
        Assert.Equal(real, (await FindAsync(_nowhere with { SearchPath = [_folder.Path] })).Folder);
    }

    [Fact]
    public void Newest_of_the_usual_folders_comes_first()
    {
        foreach (var version in new[] { "9", "15", "18", "none" })
        {
            Directory.CreateDirectory(Path.Combine(_folder.Path, version, "bin"));
        }

        var found = (_nowhere with { UsualFolders = [_folder.Path + "/*/bin"] }).Folders();
        Assert.Equal(["18", "15", "9", "none"], found.Select(f => Path.GetFileName(Path.GetDirectoryName(f))));
    }

    [Fact]
    public async Task Programs_that_fit_the_data_are_taken_before_newer_ones()
    {
        var newer = Fake("newer", "99.1");
        var fitting = Fake("fitting", "77.3");
        var places = _nowhere with { UsualFolders = [newer, fitting] };

        Assert.Equal(newer, (await FindAsync(places)).Folder);
        Assert.Equal(fitting, (await FindAsync(places, "77")).Folder);
        var error = await Assert.ThrowsAsync<LocalPostgresException>(() => FindAsync(places, "55"));
        Assert.Contains("needs the programs of PostgreSQL 55", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_that_the_servers_user_cannot_reach_are_copied_once()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root becomes another user.");
        var closed = Path.Combine(_folder.Path, "closed");
        Directory.CreateDirectory(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var bin = Fake("closed/pg", "77.3");

        var copy = await FindAsync(_nowhere with { UsualFolders = [bin] });
        Assert.StartsWith(Path.Combine(_folder.Path, "copies"), copy.Folder, StringComparison.Ordinal);
        Assert.Equal("77", copy.Major);

        var again = await FindAsync(_nowhere with { UsualFolders = [bin] });
        Assert.Equal(copy, again);
        Assert.Single(Directory.GetDirectories(Path.Combine(_folder.Path, "copies")));
    }

    [Fact]
    public async Task Copy_that_is_cut_short_leaves_nothing_behind()
    {
        var copies = Path.Combine(_folder.Path, "copies");
        var bin = Fake("pg", "77.3");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BinariesCopy.MakeAsync(bin, copies, new CancellationToken(canceled: true)));
        Assert.Empty(Directory.GetDirectories(copies));
    }

    [Fact]
    public async Task Copies_that_nobody_uses_any_more_are_removed()
    {
        var copies = Path.Combine(_folder.Path, "copies");
        var old = new[] { "binaries-unused", "binaries-cut.123", "binaries-running" };
        foreach (var name in old)
        {
            Directory.CreateDirectory(Path.Combine(copies, name, "bin"));
        }

        var sleep = Path.Combine(copies, "binaries-running", "bin", "sleep");
        File.Copy("/bin/sleep", sleep);
        using var running = System.Diagnostics.Process.Start(Command.StartInfo([sleep, "600"]))!;
        Directory.CreateDirectory(Path.Combine(copies, "binaries-recent"));
        foreach (var name in old)
        {
            Directory.SetLastWriteTimeUtc(Path.Combine(copies, name), TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-60));
        }

        await BinariesCopy.MakeAsync(Fake("pg", "77.3"), copies, TestContext.Current.CancellationToken);
        running.Kill();
        await running.WaitForExitAsync();

        var left = Directory.GetDirectories(copies).Select(Path.GetFileName).ToList();
        Assert.Equal(3, left.Count);
        Assert.Contains("binaries-running", left);
        Assert.Contains("binaries-recent", left);
    }

    [Fact]
    public async Task PostgreSQL_that_the_build_installs_keeps_a_cluster()
    {
        var note = Path.Combine(AppContext.BaseDirectory, BinariesPlaces.PackageNoteName);
        Assert.True(File.Exists(note), "The build writes the note, empty or not.");
        var package = (_nowhere with { PackageNote = note }).Folders().FirstOrDefault();
        Assert.SkipWhen(package is null, "Not installed: build with -p:TiebreakInstallPostgres=always.");

        var options = Servers.Over(_folder.Data) with { BinariesFolder = package };
        for (var start = 0; start < 2; start++)
        {
            await using var server = await LocalPostgresServer.StartAsync(options);
            Assert.Equal(18, server.ServerVersion.Major);
            Assert.Equal("ä", await Servers.AskAsync<string>(server.ConnectionString, "SELECT lower('Ä')"));
        }
    }

    private async Task<PostgresBinaries> FindAsync(BinariesPlaces places, string? dataMajor = null)
    {
        var user = await ServerUser.DefaultAsync(TestContext.Current.CancellationToken);
        return await PostgresBinaries.FindAsync(
            places, dataMajor, user, Path.Combine(_folder.Path, "copies"), TestContext.Current.CancellationToken);
    }

    // Programs that know their version and nothing else.
    private string Fake(string name, string version)
    {
        var bin = Directory.CreateDirectory(Path.Combine(_folder.Path, name, "bin")).FullName;
        foreach (var program in new[] { "initdb", "pg_ctl", "postgres" })
        {
            var path = Path.Combine(bin, program);
            File.WriteAllText(path, $"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n");
            File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("755", 8));
        }

        return bin;
    }
}
