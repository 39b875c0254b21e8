using System.Diagnostics;
using System.Globalization;

namespace Tiebreak.LocalPostgres;

/// <summary>Whether a process is one of a cluster's server.</summary>
internal enum Belonging
{
    /// <summary>It is not, or it has ended.</summary>
    Other,

    /// <summary>It is.</summary>
    Ours,

    /// <summary>It is of a PostgreSQL, and this process may not see of which.</summary>
    Unknown,
}

/// <summary>What the system tells about a process that may be one of a server.</summary>
internal static class ServerProcess
{
    internal static string PathOf(int id) => string.Create(CultureInfo.InvariantCulture, $"/proc/{id}");

    /// <summary>All processes that are of some PostgreSQL; none where the system has no list of them to read.</summary>
    internal static IEnumerable<int> Candidates() => !OperatingSystem.IsLinux()
        ? []
        : All().Where(IsPostgres);

    /// <summary>Looks at it as this process' own user.</summary>
    internal static Belonging Look(int id, string realDataFolder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return IsPostgresByName(id) ? Belonging.Ours : Belonging.Other;
        }

        if (!IsPostgres(id))
        {
            return Belonging.Other;
        }

        var program = LinkOf(id, "exe");
        var workingFolder = LinkOf(id, "cwd");
        return program is null || workingFolder is null
            ? IsPostgres(id) ? Belonging.Unknown : Belonging.Other
            : Judge(program, workingFolder, realDataFolder);
    }

    /// <summary>Every process of a server has the data folder as its working directory; an administrator's shell may have it too.</summary>
    internal static Belonging Judge(string program, string workingFolder, string realDataFolder) =>
        Path.GetFileName(program).StartsWith("postgres", StringComparison.Ordinal) && workingFolder == realDataFolder
            ? Belonging.Ours
            : Belonging.Other;

    /// <summary>Whether a program of a folder runs, as far as can be seen: what cannot be seen may.</summary>
    internal static bool MayRunFrom(string folder) => OperatingSystem.IsLinux() && All()
        .Any(id => LinkOf(id, "exe") is { } program
            ? program.StartsWith(folder + "/", StringComparison.Ordinal)
            : IsPostgres(id));

    private static IEnumerable<int> All() => Directory.EnumerateDirectories("/proc")
        .Select(p => int.TryParse(Path.GetFileName(p), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(id => id > 0);

    // Of what everyone may read: the name, and that it has not ended. Asked first, as it spares the links of all others.
    private static bool IsPostgres(int id)
    {
        try
        {
            return IsRunningPostgres(File.ReadAllText(PathOf(id) + "/stat"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// Reads a line of /proc/ID/stat (proc_pid_stat(5)). A process that is ending has given back its memory, and with it
    /// the link to its program, a moment before its state says so.
    /// </summary>
    internal static bool IsRunningPostgres(string stat)
    {
        var nameEnd = stat.LastIndexOf(')');
        var fromState = stat[(nameEnd + 2)..].Split(' ');
        const int virtualSize = 20;
        return stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..nameEnd].StartsWith("postgres", StringComparison.Ordinal)
            && fromState[0] is not ("Z" or "X") && fromState[virtualSize] != "0";
    }

    private static bool IsPostgresByName(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return process.ProcessName.StartsWith("postgres", StringComparison.Ordinal);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string? LinkOf(int id, string link)
    {
        try
        {
            return new FileInfo($"{PathOf(id)}/{link}").LinkTarget;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
