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

    private readonly PidFile _pidFile = new(folder.Data);

    /// <summary>The postmaster's process, as it says itself; null when none is noted.</summary>
    internal int? PostmasterId() => _pidFile.Process();

    /// <summary>The postmaster's process, if it runs: a note may outlive it.</summary>
    internal int? RunningPostmaster() =>
        PostmasterId() is { } id && ServerProcess.Look(id, realDataFolder) != Belonging.Other ? id : null;

    /// <summary>
    /// Whether this cluster's own server takes clients on a port. Asking the port alone would not tell: another
    /// PostgreSQL may listen there.
    /// </summary>
    internal bool IsReadyOn(int port) => _pidFile.IsReadyOn(port) && RunningPostmaster() is not null;

    /// <summary>
    /// Waits until nothing of an earlier server is left, and helps: a postmaster whose owner is gone is stopped,
    /// and backends whose postmaster was killed, which would keep a new one from starting, are ended. What does not
    /// heed a signal gets a stronger one; nothing committed is lost by any of them.
    /// </summary>
    /// <returns>Whether the earlier server ended without its own doing, so that the next one has to recover.</returns>
    internal async Task<bool> EndLeftoversAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        var sent = "";
        while (true)
        {
            var (postmaster, backends) = await FindAsync(cancellationToken);
            if (postmaster is null && backends.Count == 0)
            {
                return _pidFile.Exists && await ForgetAsync(cancellationToken);
            }

            var signal = waited.Elapsed > limit * 0.75 ? "KILL" : waited.Elapsed > limit / 2 ? "QUIT" : "INT";
            if (postmaster is { } leftover && signal != sent)
            {
                sent = signal;
                await SignalAsync(signal, leftover, cancellationToken);
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
    }

    // A number in the note may belong to a stranger by now, for whose sake PostgreSQL would refuse to start. The note
    // goes only where it is certain that nothing of the earlier server is left; else PostgreSQL decides by itself.
    private async Task<bool> ForgetAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsLinux()
            && (PostmasterId() is not { } noted || await BelongingAsync(noted, cancellationToken) == Belonging.Other))
        {
            _pidFile.Delete();
        }

        return true;
    }

    private async Task<(int? Postmaster, IReadOnlyList<int> Backends)> FindAsync(CancellationToken cancellationToken)
    {
        if (PostmasterId() is { } noted && await BelongingAsync(noted, cancellationToken) == Belonging.Ours)
        {
            return (noted, []);
        }

        var backends = new List<int>();
        foreach (var id in ServerProcess.Candidates())
        {
            if (await BelongingAsync(id, cancellationToken) == Belonging.Ours)
            {
                backends.Add(id);
            }
        }

        return (null, backends);
    }

    // Root without the capability to trace (a container's root) cannot look into the processes of another user; that
    // user can.
    private async Task<Belonging> BelongingAsync(int id, CancellationToken cancellationToken)
    {
        var seen = ServerProcess.Look(id, realDataFolder);
        if (seen != Belonging.Unknown || !folder.User.IsAnother)
        {
            return seen;
        }

        var links = await folder.User.RunAsync(
            cancellationToken, "sh", "-c", "readlink \"$0/exe\" && readlink \"$0/cwd\"", ServerProcess.PathOf(id));
        return links.Succeeded && links.Output.TrimEnd('\n').Split('\n', 2) is [var program, var workingFolder]
            ? ServerProcess.Judge(program, workingFolder, realDataFolder)
            : ServerProcess.Look(id, realDataFolder);
    }

    private Task<CommandResult> SignalAsync(string signal, int process, CancellationToken cancellationToken) =>
        folder.User.RunAsync(
            cancellationToken, binaries.PgCtl, "kill", signal, process.ToString(CultureInfo.InvariantCulture));
}
