using System.Diagnostics;

namespace Tiebreak.Architecture.Tests.Support;

/// <summary>The repository that these tests were built from.</summary>
internal static class Repository
{
    private static readonly string[] Generated = ["bin", "obj", "node_modules", ".git", ".tiebreak", "TestResults"];

    public static string Root { get; } = FindRoot();

    /// <summary>Every file that is committed or about to be, with slashes, relative to the root.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. FindFiles().Where(file => File.Exists(PathOf(file))).Order(StringComparer.Ordinal)];

    /// <summary>The C# files of src and tests.</summary>
    public static IEnumerable<SourceFile> Sources =>
        Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal) && (file.StartsWith("src/", StringComparison.Ordinal) || file.StartsWith("tests/", StringComparison.Ordinal))).Select(Read);

    public static string PathOf(string file) => Path.Combine(Root, file);

    public static SourceFile Read(string file) => new(file, File.ReadAllText(PathOf(file)));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Tiebreak.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Tiebreak.slnx.");
    }

    private static IEnumerable<string> FindFiles()
    {
        // A copy without its history has no index to ask: there, everything that is not generated counts.
        if (!Path.Exists(PathOf(".git")))
        {
            return Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
                .Where(file => !file.Split('/').Any(part => Generated.Contains(part, StringComparer.Ordinal)));
        }

        using var git = Process.Start(new ProcessStartInfo("git", ["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
        })!;
        var files = git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        return git.ExitCode == 0 && files.Length > 0 ? files : throw new InvalidOperationException("git ls-files named no file.");
    }
}

/// <summary>A file and its text.</summary>
internal sealed record SourceFile(string Path, string Text);
