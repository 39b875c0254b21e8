using System.Diagnostics;
using System.Globalization;

namespace Tiebreak.LocalPostgres;

/// <summary>The processes of one cluster's server, whoever started them.</summary>
/// <param name="folder">The cluster.</param>
/// <param name="binaries">Its programs.</param>
/// <param name="realDataFolder">The data folder's path behind all links, as the system names it.</param>
internal sealed class ServerProcesses(ClusterFolder folder, PostgresBinaries binaries, string realDataFolder)
{
    private static readonly TimeSpan BackendsLeaveByThemselves = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private string PidFile => Path.Combine(folder.Data, "postmaster.pid");

    /// <summary>The postmaster's process, as it says itself; null when none is noted.</summary>
    internal int? PostmasterId()
    {
        try
        {
            var first = File.ReadLines(PidFile).FirstOrDefault();
            return int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The postmaster's process, if it runs: a note may outlive it.</summary>
    internal int? RunningPostmaster() => PostmasterId() is { } id && IsOurs(id) ? id : null;

    /// <summary>
    /// Waits until nothing of an earlier server is left, and helps: a postmaster whose owner is gone is stopped,
    /// and backends whose postmaster was killed, which would keep a new one from starting, are ended.
    /// </summary>
    /// <returns>Whether the earlier server ended without its own doing, so that the next one has to recover.</returns>
    internal async Task<bool> EndLeftoversAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        var asked = false;
        while (true)
        {
            var postmaster = RunningPostmaster();
            var backends = postmaster is null ? All() : [];
            if (postmaster is null && backends.Count == 0)
            {
                break;
            }

            if (postmaster is { } leftover && !asked)
            {
                asked = true;
                await SignalAsync("INT", leftover, cancellationToken);
            }

            foreach (var backend in waited.Elapsed > BackendsLeaveByThemselves ? backends : [])
            {
                await SignalAsync(waited.Elapsed > 4 * BackendsLeaveByThemselves ? "KILL" : "QUIT", backend, cancellationToken);
            }

            if (waited.Elapsed > limit)
            {
                throw new LocalPostgresException(
                    $"An earlier server of {folder.Path} does not end (process {postmaster ?? backends[0]}). Stop it, then start again.");
            }

            await Task.Delay(Poll, cancellationToken);
        }

        if (!File.Exists(PidFile))
        {
            return false;
        }

        if (OperatingSystem.IsLinux())
        {
            // Its number may belong to a stranger by now, for whose sake PostgreSQL would refuse to start. Only here
            // is it certain that nothing of the earlier server is left; elsewhere PostgreSQL decides by itself.
            File.Delete(PidFile);
        }

        return true;
    }

    private Task<CommandResult> SignalAsync(string signal, int process, CancellationToken cancellationToken) =>
        folder.User.RunAsync(
            cancellationToken, binaries.PgCtl, "kill", signal, process.ToString(CultureInfo.InvariantCulture));

    private List<int> All() => !OperatingSystem.IsLinux()
        ? []
        : [.. Directory.EnumerateDirectories("/proc")
            .Select(p => int.TryParse(Path.GetFileName(p), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && IsOurs(id))];

    // Every process of a server has the data folder as its working directory; an administrator's shell may have it too.
    private bool IsOurs(int id)
    {
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                using var process = Process.GetProcessById(id);
                return process.ProcessName.StartsWith("postgres", StringComparison.Ordinal);
            }

            var program = Path.GetFileName(new FileInfo($"/proc/{id}/exe").LinkTarget ?? "");
            return program.StartsWith("postgres", StringComparison.Ordinal)
                && new DirectoryInfo($"/proc/{id}/cwd").LinkTarget == realDataFolder;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }
}
