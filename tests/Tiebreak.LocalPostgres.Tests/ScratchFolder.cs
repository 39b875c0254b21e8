namespace Tiebreak.LocalPostgres.Tests;

/// <summary>A folder of one test; also removes where the server put its data instead.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private readonly List<string> _others = [];

    internal string Path { get; } = Directory.CreateTempSubdirectory("tiebreak-local-").FullName;

    internal string Data => System.IO.Path.Combine(Path, "data");

    // The server's user has to pass through, unless a test closes it.
    internal ScratchFolder() => File.SetUnixFileMode(Path, (UnixFileMode)Convert.ToInt32("755", 8));

    internal void AlsoRemove(string folder) => _others.Add(folder);

    public void Dispose()
    {
        foreach (var folder in _others.Append(Path).Where(Directory.Exists))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
