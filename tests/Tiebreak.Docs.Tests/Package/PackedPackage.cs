using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Tiebreak.Docs.Tests.Package;

/// <summary>The library as <c>dotnet pack</c> makes it, in a folder of its own, under a version that nobody else uses.</summary>
public sealed class PackedPackage : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tiebreak-package-");

    /// <summary>The version that was packed.</summary>
    public string Version { get; } = string.Create(CultureInfo.InvariantCulture, $"0.0.0-test.{Guid.NewGuid():n}");

    /// <summary>The folder that serves as the source of packages.</summary>
    public string Source => Path.Combine(_folder.FullName, "packages");

    /// <summary>A folder outside the repository, so that none of its settings apply.</summary>
    public string Consumer => Path.Combine(_folder.FullName, "consumer");

    /// <summary>The package, or its symbols, by extension.</summary>
    public string PathOf(string extension) => Path.Combine(Source, $"Tiebreak.{Version}{extension}");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Consumer);
        var configuration = typeof(PackedPackage).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        await DotnetAsync(Pages.Root, "pack", "src/Tiebreak", "--no-build", "--no-restore", "-c", configuration, "-o", Source, $"-p:PackageVersion={Version}");
    }

    public ValueTask DisposeAsync()
    {
        Remove(_folder.FullName, Version, "Tiebreak");
        return ValueTask.CompletedTask;
    }

    /// <summary>Deletes a folder of packages, and what a restore copied from it to where the machine keeps all of them.</summary>
    internal static void Remove(string folder, string version, params IEnumerable<string> packages)
    {
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (var made in packages.Select(package => Path.Combine(cache, package.ToLowerInvariant(), version)).Prepend(folder).Where(Directory.Exists))
        {
            Directory.Delete(made, recursive: true);
        }
    }

    /// <summary>Runs the SDK and returns what it printed; fails with it when the SDK does.</summary>
    internal static async Task<string> DotnetAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment.Remove("CI");
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{output}\n{await errors}");
    }
}
