namespace Tiebreak.LocalPostgres;

/// <summary>Folders that the server's user passes through.</summary>
internal static class Folders
{
    /// <summary>Makes a folder that others may enter, whatever the umask; one that exists is left as it is.</summary>
    internal static void MakeOpen(string path)
    {
        var missing = new Stack<string>();
        for (var folder = path; folder is not null && !Directory.Exists(folder); folder = Path.GetDirectoryName(folder))
        {
            missing.Push(folder);
        }

        foreach (var folder in missing)
        {
            Directory.CreateDirectory(folder);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                    | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            }
        }
    }
}
