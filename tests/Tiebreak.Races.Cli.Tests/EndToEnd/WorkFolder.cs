using System.Text.Json;
using Npgsql;
using Tiebreak.Races.Cli.Files;

namespace Tiebreak.Races.Cli.Tests.EndToEnd;

/// <summary>Where one test's scenario, reports and temporary files are.</summary>
internal sealed class WorkFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tb-");

    public WorkFolder()
    {
        Directory.CreateDirectory(Temporary);
        if (!OperatingSystem.IsWindows())
        {
            // PostgreSQL refuses root, and its user has to reach the folder.
            _folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
            File.SetUnixFileMode(Temporary, (UnixFileMode)0b111_101_101);
        }
    }

    public string Path => _folder.FullName;

    public string Temporary => System.IO.Path.Combine(Path, "tmp");

    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a scenario of members as JSON writes them.</summary>
    public void Write(string name, string text) => File.WriteAllText(PathOf(name), text);

    public JsonElement Json(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(PathOf(name)));
        return document.RootElement.Clone();
    }

    /// <summary>The member <c>"database"</c> for a connection string.</summary>
    public static string DatabaseMember(string connectionString) =>
        $"\"database\": \"{ConnectionUrl.Of(new NpgsqlConnectionStringBuilder(connectionString))}\"";

    public void Dispose() => _folder.Delete(recursive: true);
}
