using System.ComponentModel;
using System.Diagnostics;

namespace Tiebreak.LocalPostgres;

/// <summary>One life of a server, from its start to its end.</summary>
internal sealed class Postmaster : IDisposable
{
    private readonly ClusterFolder _folder;
    private readonly PostgresBinaries _binaries;
    private readonly Process _process;
    private readonly long _logStart;

    private Postmaster(ClusterFolder folder, PostgresBinaries binaries, Process process, long logStart)
    {
        _folder = folder;
        _binaries = binaries;
        _process = process;
        _logStart = logStart;
    }

    internal bool HasExited => _process.HasExited;

    internal static async Task<Postmaster> LaunchAsync(
        ClusterFolder folder, PostgresBinaries binaries, IEnumerable<string> settings, CancellationToken cancellationToken)
    {
        await folder.OpenLogAsync(cancellationToken);
        var logStart = new FileInfo(folder.Log).Length;
        try
        {
            var process = OperatingSystem.IsWindows()
                ? await LaunchOnWindowsAsync(folder, binaries, settings, cancellationToken)
                : Process.Start(Command.StartInfo(ServerCommand.Supervised(folder, binaries, settings), folder.Path))!;
            return new Postmaster(folder, binaries, process, logStart);
        }
        catch (Win32Exception error)
        {
            throw new LocalPostgresException($"PostgreSQL could not be started: {error.Message}", error);
        }
    }

    internal Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>What the server wrote to its log in this life, the last lines of it.</summary>
    internal string LastWords()
    {
        using var log = new FileStream(_folder.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        log.Position = Math.Max(_logStart, log.Length - 4000);
        return new StreamReader(log).ReadToEnd().Trim();
    }

    /// <summary>Fast shutdown: clients are cut off, a checkpoint is written.</summary>
    /// <returns>Whether it ended within the limit.</returns>
    internal async Task<bool> StopAsync(TimeSpan limit)
    {
        if (OperatingSystem.IsWindows())
        {
            await Command.RunAsync([_binaries.PgCtl, "stop", "-m", "fast", "-D", _folder.Data], CancellationToken.None);
        }
        else
        {
            _process.StandardInput.Close();
        }

        try
        {
            await _process.WaitForExitAsync().WaitAsync(limit);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();

    private static async Task<Process> LaunchOnWindowsAsync(
        ClusterFolder folder, PostgresBinaries binaries, IEnumerable<string> settings, CancellationToken cancellationToken)
    {
        var started = await Command.RunAsync(ServerCommand.WithPgCtl(folder, binaries, settings), cancellationToken, folder.Path);
        var processes = new ServerProcesses(folder, binaries, folder.Data);
        while (started.Succeeded)
        {
            if (processes.PostmasterId() is { } id)
            {
                return Process.GetProcessById(id);
            }

            await Task.Delay(50, cancellationToken);
        }

        throw new LocalPostgresException($"PostgreSQL could not be started: {started.Everything}");
    }
}
