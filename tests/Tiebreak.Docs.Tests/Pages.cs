namespace Tiebreak.Docs.Tests;

/// <summary>The written pages of the repository.</summary>
internal static class Pages
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>Every Markdown page, relative to the root: those at the root, under docs, in samples, and the package's own.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. Directory.GetFiles(Root, "*.md")
            .Concat(new[] { "docs", "samples" }.Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists)
                .SelectMany(folder => Directory.GetFiles(folder, "*.md", SearchOption.AllDirectories)))
            .Append(Path.Combine(Root, "src", "Tiebreak", "PACKAGE.md"))
            .Select(path => Path.GetRelativePath(Root, path))
            .Order(StringComparer.Ordinal)];

    public static string Text(string page) => File.ReadAllText(Path.Combine(Root, page));

    private static string FindRoot(string folder) =>
        File.Exists(Path.Combine(folder, "Tiebreak.slnx")) ? folder : FindRoot(Path.GetDirectoryName(folder)!);
}
