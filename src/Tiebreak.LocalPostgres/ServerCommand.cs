using System.Globalization;

namespace Tiebreak.LocalPostgres;

/// <summary>The command line of a server.</summary>
internal static class ServerCommand
{
    // What the promise "this machine only, with a password" rests on.
    private static readonly string[] Refused = ["listen_addresses", "unix_socket_directories", "hba_file", "ident_file", "data_directory", "config_file"];

    /// <summary>Refuses settings that would open the server to others or move its data, and a port that is none.</summary>
    internal static void Check(IReadOnlyDictionary<string, string> settings)
    {
        if (settings.Keys.FirstOrDefault(k => Refused.Contains(k, StringComparer.OrdinalIgnoreCase)) is { } refused)
        {
            throw new LocalPostgresException(
                $"The setting {refused} cannot be changed: a private PostgreSQL is for this machine and this application only. "
                + "For anything else run PostgreSQL yourself and give its connection string.");
        }

        if (PortIn(settings) is { } port
            && !(ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0))
        {
            throw new LocalPostgresException($"The setting port is '{port}' and should be a number from 1 to 65535. Leave it out for any free port.");
        }
    }

    /// <summary>The port that settings ask for, if any. PostgreSQL does not mind the case of a setting's name.</summary>
    internal static string? PortIn(IReadOnlyDictionary<string, string> settings) =>
        settings.FirstOrDefault(s => s.Key.Equals("port", StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>The settings as arguments. Later ones win, so the caller's stand last.</summary>
    internal static IEnumerable<string> Settings(int port, IReadOnlyDictionary<string, string> settings)
    {
        var ours = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["listen_addresses"] = "127.0.0.1",
            ["port"] = port.ToString(CultureInfo.InvariantCulture),
            // Their paths have a length limit that a deep folder exceeds, and loopback does the same.
            ["unix_socket_directories"] = "",
            ["max_connections"] = "200",
            // The same on every machine; initdb would take the machine's.
            ["timezone"] = "UTC",
        };
        return ours.Where(o => !settings.Keys.Contains(o.Key, StringComparer.OrdinalIgnoreCase)).Concat(settings)
            .SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" });
    }

    /// <summary>The server below a supervisor in a session of its own: Ctrl-C in the owner's terminal does not reach it.</summary>
    internal static IReadOnlyList<string> Supervised(
        ClusterFolder folder, PostgresBinaries binaries, IEnumerable<string> settings)
    {
        using var script = new StreamReader(typeof(ServerCommand).Assembly.GetManifestResourceStream("Supervise.sh")!);
        IEnumerable<string> supervisor = ["sh", "-c", script.ReadToEnd(), "supervise", folder.Log, binaries.Postgres, "-D", folder.Data, .. settings];
        return
        [
            // macOS has no setsid, and has perl.
            .. OperatingSystem.IsMacOS() ? ["perl", "-MPOSIX", "-e", "POSIX::setsid(); exec @ARGV"] : new[] { "setsid" },
            .. folder.User.CommandLine(supervisor),
        ];
    }

    /// <summary>Windows has neither: pg_ctl starts it and gives up an administrator's rights.</summary>
    internal static IReadOnlyList<string> WithPgCtl(ClusterFolder folder, PostgresBinaries binaries, IEnumerable<string> settings)
    {
        var options = string.Join(' ', settings.Select(s => s == "-c" ? s : $"\"{s.Replace("\"", "\\\"", StringComparison.Ordinal)}\""));
        return [binaries.PgCtl, "start", "-W", "-D", folder.Data, "-l", folder.Log, "-o", options];
    }
}
