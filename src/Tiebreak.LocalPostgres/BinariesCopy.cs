using System.Globalization;

namespace Tiebreak.LocalPostgres;

/// <summary>A copy of PostgreSQL's programs in a place that the server's user can reach.</summary>
internal static class BinariesCopy
{
    internal const string NamesBegin = "binaries-";

    /// <summary>Copies an installation, once for each state of it, and returns the copy's folder of programs.</summary>
    internal static async Task<string> MakeAsync(string binFolder, string copies, CancellationToken cancellationToken)
    {
        var programs = new FileInfo(PostgresBinaries.Program(binFolder, "postgres"));
        var state = string.Create(CultureInfo.InvariantCulture, $"{programs.FullName}|{programs.Length}|{programs.LastWriteTimeUtc.Ticks}");
        var target = Path.Combine(copies, NamesBegin + ShortHash.Of(state));
        var copiedBin = Path.Combine(target, Path.GetFileName(binFolder));
        if (Directory.Exists(target))
        {
            OldCopies.NoteUse(target);
            return copiedBin;
        }

        // Made aside and renamed: a copy that was cut midway is never taken for a whole one.
        var aside = $"{target}.{Environment.ProcessId}";
        Folders.MakeOpen(copies);
        OldCopies.Remove(copies);
        try
        {
            await CopyAsync(binFolder, aside, cancellationToken);
            Directory.Move(aside, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Another process made the same copy meanwhile.
        }
        finally
        {
            if (Directory.Exists(aside))
            {
                Directory.Delete(aside, recursive: true);
            }
        }

        OldCopies.NoteUse(target);
        return copiedBin;
    }

    private static async Task CopyAsync(string binFolder, string aside, CancellationToken cancellationToken)
    {
        Folders.MakeOpen(aside);
        var installation = Path.GetDirectoryName(binFolder)!;
        var parts = new[] { Path.GetFileName(binFolder), "lib", "lib64", "share" }
            .Select(name => Path.Combine(installation, name)).Where(Directory.Exists);
        var copied = await Command.RunAsync(["cp", "-RP", .. parts, aside], cancellationToken);
        var opened = await Command.RunAsync(["chmod", "-R", "a+rX", aside], cancellationToken);
        if (!copied.Succeeded || !opened.Succeeded)
        {
            throw new LocalPostgresException(
                $"PostgreSQL's programs in {binFolder} cannot be reached by the user that the server runs as, "
                + $"and could not be copied to {aside}: {copied.Everything} {opened.Everything}. Set BinariesFolder to a folder that others may read.");
        }
    }
}
