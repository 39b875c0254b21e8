namespace Tiebreak.LocalPostgres;

/// <summary>Where PostgreSQL's programs are looked for, in this order.</summary>
/// <param name="Configured">The one folder that was configured; nothing else is looked at then.</param>
/// <param name="SearchPath">The folders of PATH.</param>
/// <param name="UsualFolders">Where systems keep PostgreSQL; one segment of each may be a pattern.</param>
/// <param name="PackageNote">The file in which the build left the folder of the package that it installed.</param>
internal sealed record BinariesPlaces(
    string? Configured, IReadOnlyList<string> SearchPath, IReadOnlyList<string> UsualFolders, string PackageNote)
{
    /// <summary>The name of the file that the build writes beside the application.</summary>
    internal const string PackageNoteName = "tiebreak-postgres.txt";

    // The build looks at the same ones before it installs a package: build/InstallPostgres.targets.
    private static readonly string[] UsualOnUnix =
    [
        "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*",
        "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin", "/usr/local/pgsql/bin",
        "/Library/PostgreSQL/*/bin", "/Applications/Postgres.app/Contents/Versions/*/bin",
    ];

    /// <summary>This machine's places.</summary>
    internal static BinariesPlaces OfThisMachine(string? configured) => new(
        configured,
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
        OperatingSystem.IsWindows()
            ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL", "*", "bin")]
            : UsualOnUnix,
        Path.Combine(AppContext.BaseDirectory, PackageNoteName));

    internal IEnumerable<string> Folders()
    {
        if (Configured is not null)
        {
            return [Path.GetFullPath(Configured)];
        }

        return SearchPath.Select(BehindLinks).OfType<string>()
            .Concat(UsualFolders.SelectMany(Matching))
            .Concat(Package());
    }

    internal string NothingFits(string? dataMajor, IReadOnlyList<string> unfit)
    {
        const string Ways = "install PostgreSQL, or Node.js and build again (the build then installs a private PostgreSQL), "
            + "or set BinariesFolder, or set a connection string";
        var seen = unfit.Count == 0 ? "" : $" Found, but of no use: {string.Join("; ", unfit)}.";
        if (dataMajor is not null && unfit.Count > 0)
        {
            return $"The data was made by PostgreSQL {dataMajor}, which needs the programs of PostgreSQL {dataMajor}.{seen} "
                + $"Install version {dataMajor}, or set BinariesFolder to it, or give another DataFolder.";
        }

        return Configured is null
            ? $"No PostgreSQL was found on this machine: {Ways}.{seen}"
            : $"BinariesFolder {Configured} does not hold initdb, pg_ctl and postgres that run.{seen} Correct it, or leave it out.";
    }

    // A link on PATH (/usr/local/bin/initdb) leads to the real folder; initdb finds its other files beside itself there.
    private static string? BehindLinks(string folder)
    {
        var initdb = PostgresBinaries.Program(folder, "initdb");
        return Path.IsPathRooted(folder) && File.Exists(initdb)
            ? Path.GetDirectoryName(File.ResolveLinkTarget(initdb, returnFinalTarget: true)?.FullName ?? initdb)
            : null;
    }

    private static IEnumerable<string> Matching(string pattern)
    {
        var segments = pattern.Split('/', '\\');
        var starred = Array.FindIndex(segments, s => s.Contains('*', StringComparison.Ordinal));
        if (starred < 0)
        {
            return [pattern];
        }

        var parent = string.Join('/', segments[..starred]);
        var rest = string.Join('/', segments[(starred + 1)..]);
        return Directory.Exists(parent)
            ? Directory.GetDirectories(parent, segments[starred])
                .OrderByDescending(NumberIn).ThenBy(f => f, StringComparer.Ordinal)
                .Select(f => Path.Combine(f, rest))
            : [];
    }

    // Newest first; a folder without a number last.
    private static int NumberIn(string folder)
    {
        var digits = string.Concat(Path.GetFileName(folder).SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit));
        return int.TryParse(digits, out var number) ? number : -1;
    }

    private string[] Package()
    {
        var folder = File.Exists(PackageNote) ? File.ReadAllText(PackageNote).Trim() : "";
        return folder.Length > 0 ? [folder] : [];
    }
}
