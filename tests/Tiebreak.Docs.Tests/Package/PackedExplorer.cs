using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Tiebreak.Docs.Tests.Package;

/// <summary>The explorer's packages as <c>dotnet pack</c> makes them, and the tool as <c>dotnet tool install</c> installs it from there.</summary>
public sealed class PackedExplorer : IAsyncLifetime
{
    private static readonly string[] Projects = ["Tiebreak.LocalPostgres", "Tiebreak.Races", "Tiebreak.Races.Cli"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tiebreak-explorer-");

    /// <summary>The version that was packed.</summary>
    public string Version { get; } = string.Create(CultureInfo.InvariantCulture, $"0.0.0-test.{Guid.NewGuid():n}");

    /// <summary>The folder that serves as the source of packages.</summary>
    public string Source => Path.Combine(_folder.FullName, "packages");

    public string PathOf(string package) => Path.Combine(Source, $"{package}.{Version}.nupkg");

    /// <summary>A new folder outside the repository in which packages are taken from <see cref="Source"/> too.</summary>
    public string NewFolder(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "NuGet.config"), $"""
            <configuration>
              <packageSources><add key="packed" value="{Source}" /></packageSources>
            </configuration>
            """);
        return folder;
    }

    /// <summary>Runs the installed tool as a user types it: <c>tiebreak explore race.json</c>.</summary>
    public async Task<(int ExitCode, string Output)> TypeAsync(string folder, string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("tiebreak", words[0]);
        var start = new ProcessStartInfo(Path.Combine(_folder.FullName, "tools", "tiebreak"), words[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The runtime that runs the tests: <root>/shared/Microsoft.NETCore.App/<version>.
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    public async ValueTask InitializeAsync()
    {
        var configuration = typeof(PackedExplorer).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        foreach (var project in Projects)
        {
            await PackedPackage.DotnetAsync(Pages.Root, "pack", $"src/{project}", "--no-build", "--no-restore", "-c", configuration, "-o", Source, $"-p:PackageVersion={Version}");
        }

        await PackedPackage.DotnetAsync(
            NewFolder("install"), "tool", "install", "Tiebreak.Races.Cli", "--tool-path", Path.Combine(_folder.FullName, "tools"), "--add-source", Source, "--version", Version);
    }

    public ValueTask DisposeAsync()
    {
        PackedPackage.Remove(_folder.FullName, Version, Projects);
        return ValueTask.CompletedTask;
    }
}
