namespace Tiebreak.LocalPostgres;

/// <summary>A folder with PostgreSQL's programs, and the version they are of.</summary>
internal sealed record PostgresBinaries(string Folder, string Version)
{
    private static readonly string Suffix = OperatingSystem.IsWindows() ? ".exe" : "";
    private static readonly string[] Programs = ["initdb", "pg_ctl", "postgres"];

    /// <summary>The first number of the version; data of one major version cannot be read by another.</summary>
    internal string Major => Version.Split('.', ' ')[0];

    internal string Initdb => Program(Folder, "initdb");

    internal string PgCtl => Program(Folder, "pg_ctl");

    internal string Postgres => Program(Folder, "postgres");

    /// <summary>Takes the first programs that run and that can read the data that is there.</summary>
    /// <param name="places">Where to look.</param>
    /// <param name="dataMajor">The major version of the data, when there is data.</param>
    /// <param name="user">Who runs them.</param>
    /// <param name="copies">Where programs are copied to that <paramref name="user"/> cannot reach.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    internal static async Task<PostgresBinaries> FindAsync(
        BinariesPlaces places, string? dataMajor, ServerUser user, string copies, CancellationToken cancellationToken)
    {
        var unfit = new List<string>();
        foreach (var folder in places.Folders().Distinct(StringComparer.Ordinal))
        {
            if (!IsIn(folder))
            {
                continue;
            }

            var (found, reason) = await TryAsync(folder, user, copies, cancellationToken);
            if (found is not null && (dataMajor is null || found.Major == dataMajor))
            {
                return found;
            }

            unfit.Add(found is null ? $"{folder}: {reason}" : $"{folder}: PostgreSQL {found.Major}");
        }

        throw new LocalPostgresException(places.NothingFits(dataMajor, unfit));
    }

    /// <summary>Whether a folder has the three programs.</summary>
    internal static bool IsIn(string folder) =>
        Programs.All(name => File.Exists(Program(folder, name)));

    internal static string Program(string folder, string name) => Path.Combine(folder, name + Suffix);

    private static async Task<(PostgresBinaries? Found, string Reason)> TryAsync(
        string folder, ServerUser user, string copies, CancellationToken cancellationToken)
    {
        var answer = await user.RunAsync(cancellationToken, Program(folder, "postgres"), "--version");
        if (!answer.Succeeded && user.IsAnother
            && (await Command.RunAsync([Program(folder, "postgres"), "--version"], cancellationToken)).Succeeded)
        {
            // They run as root and not as the server's user: they are below a folder that is closed to it.
            folder = await BinariesCopy.MakeAsync(folder, copies, cancellationToken);
            answer = await user.RunAsync(cancellationToken, Program(folder, "postgres"), "--version");
        }

        const string Prefix = "postgres (PostgreSQL) ";
        return answer.Succeeded && answer.Output.StartsWith(Prefix, StringComparison.Ordinal)
            ? (new PostgresBinaries(folder, answer.Output[Prefix.Length..].Trim()), "")
            : (null, answer.Everything);
    }
}
