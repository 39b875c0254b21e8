using System.Security.Cryptography;

namespace Tiebreak.LocalPostgres;

/// <summary>The folder of one cluster: its data, its password, its log. Only the holder of its lock touches it.</summary>
internal sealed class ClusterFolder(string path, ServerUser user)
{
    /// <summary>The database role that owns everything in the cluster.</summary>
    internal const string Owner = "tiebreak";

    internal string Path { get; } = path;

    internal ServerUser User { get; } = user;

    internal string Data { get; } = ClusterPlace.DataIn(path);

    internal string Log { get; } = System.IO.Path.Combine(path, "server.log");

    private string PasswordFile => System.IO.Path.Combine(Path, "password");

    /// <summary>The major version that made the data; null when there is none yet.</summary>
    internal string? DataMajor()
    {
        if (!Directory.Exists(Data))
        {
            return null;
        }

        try
        {
            return File.ReadAllText(System.IO.Path.Combine(Data, "PG_VERSION")).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new LocalPostgresException(
                $"{Data} is no PostgreSQL data folder that the user {Environment.UserName} can read: {error.Message} "
                + "Start as the user who made it, or give another DataFolder.",
                error);
        }
    }

    /// <summary>Makes the cluster, unless it is there.</summary>
    /// <returns>Whether it was made now.</returns>
    internal async Task<bool> InitializeAsync(PostgresBinaries binaries, bool sync, CancellationToken cancellationToken)
    {
        // What an initdb that was cut midway left behind. It may even still be running: hence a new name each time.
        foreach (var abandoned in Directory.GetDirectories(Path, "pgdata.new-*"))
        {
            TryDelete(abandoned);
        }

        if (Directory.Exists(Data))
        {
            return false;
        }

        var aside = $"{Data}.new-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        Directory.CreateDirectory(aside);
        await User.TakeAsync(aside, cancellationToken);
        await WritePasswordAsync(cancellationToken);
        var made = await Command.RunAsync(User.CommandLine(InitdbArguments(binaries, aside, sync)), cancellationToken, Path);
        if (!made.Succeeded)
        {
            TryDelete(aside);
            throw new LocalPostgresException($"initdb of PostgreSQL {binaries.Version} could not make a cluster in {Path}: {made.Everything}");
        }

        Directory.Move(aside, Data);
        return true;
    }

    /// <summary>The generated password of the role <see cref="Owner"/>.</summary>
    internal async Task<string> ReadPasswordAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await File.ReadAllTextAsync(PasswordFile, cancellationToken)).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new LocalPostgresException(
                $"The cluster's password cannot be read: {error.Message} Put the file back, or give another DataFolder.", error);
        }
    }

    /// <summary>Makes the log writable for the server, and starts a new one when the old one has grown long.</summary>
    internal async Task OpenLogAsync(CancellationToken cancellationToken)
    {
        const long LongBytes = 10 * 1024 * 1024;
        if (new FileInfo(Log) is { Exists: true, Length: > LongBytes })
        {
            File.Move(Log, Log + ".1", overwrite: true);
        }

        await using (PrivateFile(Log, FileMode.Append))
        {
        }

        await User.TakeAsync(Log, cancellationToken);
    }

    private IEnumerable<string> InitdbArguments(PostgresBinaries binaries, string folder, bool sync)
    {
        yield return binaries.Initdb;
        yield return $"--pgdata={folder}";
        yield return $"--username={Owner}";
        yield return $"--pwfile={PasswordFile}";
        yield return "--auth=scram-sha-256";
        yield return "--data-checksums";
        yield return "--encoding=UTF8";

        // Sorted by code point on every machine; letters beyond ASCII are known where the system or PostgreSQL 17 knows them.
        yield return "--locale=C";
        if (int.TryParse(binaries.Major, out var major) && major >= 17)
        {
            yield return "--locale-provider=builtin";
            yield return "--builtin-locale=C.UTF-8";
        }
        else if (OperatingSystem.IsLinux())
        {
            yield return "--lc-ctype=C.UTF-8";
        }

        if (!sync)
        {
            yield return "--no-sync";
        }
    }

    // Written anew for every initdb: one that was cut midway may have left half a password.
    private async Task WritePasswordAsync(CancellationToken cancellationToken)
    {
        File.Delete(PasswordFile);
        await using (var writer = new StreamWriter(PrivateFile(PasswordFile, FileMode.CreateNew)))
        {
            await writer.WriteLineAsync(RandomNumberGenerator.GetHexString(48, lowercase: true));
        }

        await User.TakeAsync(PasswordFile, cancellationToken);
    }

    private static FileStream PrivateFile(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    private static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Someone still writes into it; the next start tries again.
        }
    }
}
