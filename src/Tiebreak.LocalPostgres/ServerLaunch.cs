using System.Globalization;

namespace Tiebreak.LocalPostgres;

/// <summary>What every start of one server has in common.</summary>
internal sealed record ServerLaunch(
    ClusterFolder Folder,
    PostgresBinaries Binaries,
    ServerProcesses Processes,
    string Password,
    IReadOnlyDictionary<string, string> Settings,
    TimeSpan Timeout)
{
    /// <summary>How long a stop may take before it is forced. The supervisor asks for an immediate shutdown after a minute.</summary>
    internal TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>The port that the caller's settings ask for, if any.</summary>
    internal int? FixedPort => ServerCommand.PortIn(Settings) is { } port ? int.Parse(port, CultureInfo.InvariantCulture) : null;

    internal string ConnectionString(int port, string database) => Connections.To(port, database, Password);

    /// <summary>Makes the cluster where there is none, and everything ready for its server.</summary>
    internal static async Task<ServerLaunch> PrepareAsync(
        LocalPostgresOptions options, ClusterFolder folder, CancellationToken cancellationToken)
    {
        var binaries = await PostgresBinaries.FindAsync(
            BinariesPlaces.OfThisMachine(options.BinariesFolder), folder.DataMajor(), folder.User, ClusterPlace.OpenRoot, cancellationToken);

        // Who gives up fsync does not wait for it in initdb either.
        var sync = !options.Settings.TryGetValue("fsync", out var fsync) || fsync != "off";
        await folder.InitializeAsync(binaries, sync, cancellationToken);

        var real = OperatingSystem.IsWindows()
            ? folder.Data
            : (await Command.RunAsync(["sh", "-c", "cd \"$0\" && pwd -P", folder.Data], cancellationToken)).Output.TrimEnd('\n');
        return new ServerLaunch(
            folder,
            binaries,
            new ServerProcesses(folder, binaries, real),
            await folder.ReadPasswordAsync(cancellationToken),
            options.Settings,
            options.StartTimeout);
    }
}
