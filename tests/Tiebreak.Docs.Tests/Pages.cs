namespace Tiebreak.Docs.Tests;

/// <summary>The written pages of the repository.</summary>
internal static class Pages
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>Every Markdown page, relative to the root: those at the root, under docs, in samples, and the packages' own.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. Directory.GetFiles(Root, "*.md")
            .Concat(new[] { "docs", "samples" }.Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists)
                .SelectMany(folder => Directory.GetFiles(folder, "*.md", SearchOption.AllDirectories)))
            .Concat(Directory.GetDirectories(Path.Combine(Root, "src")).Select(project => Path.Combine(project, "PACKAGE.md")).Where(File.Exists))
            .Select(path => Path.GetRelativePath(Root, path))
            .Order(StringComparer.Ordinal)];

    public static string Text(string page) => File.ReadAllText(Path.Combine(Root, page));

    private static string FindRoot(string folder) =>
        File.Exists(Path.Combine(folder, "Tiebreak.slnx")) ? folder : FindRoot(Path.GetDirectoryName(folder)!);
}
