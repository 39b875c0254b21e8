using System.Text.RegularExpressions;

namespace Tiebreak.Docs.Tests.Links;

/// <summary>A link within the repository leads to what is there.</summary>
public sealed partial class LinkTests
{
    public static TheoryData<string> EveryPage => [.. Pages.All];

    [Theory]
    [MemberData(nameof(EveryPage))]
    public void Links_lead_to_files_and_headings_that_exist(string page) => Assert.Empty(Broken(page, Pages.Text(page)));

    [Theory]
    [InlineData("[a](docs/architecture.md)", 0)]
    [InlineData("[a](docs/missing.md)", 1)]
    [InlineData("[a](docs/architecture.md#no-such-heading)", 1)]
    [InlineData("[a](https://example.org/x)", 0)]
    public void Broken_link_is_found(string text, int count) => Assert.Equal(count, Broken("README.md", text).Count);

    private static List<string> Broken(string page, string text)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Pages.Root, page))!;
        return [.. Targets().Matches(Code().Replace(text, "")).Select(match => match.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal))
            .Where(target => !Exists(target, folder, page))
            .Select(target => $"{page}: {target}")];
    }

    private static bool Exists(string target, string folder, string page)
    {
        var parts = target.Split('#');
        var path = parts[0].Length == 0 ? Path.Combine(Pages.Root, page) : Path.GetFullPath(Path.Combine(folder, parts[0]));
        return (File.Exists(path) || Directory.Exists(path))
            && (parts.Length == 1 || Headings().Matches(File.ReadAllText(path)).Any(heading => Anchor(heading.Groups["text"].Value) == parts[1]));
    }

    /// <summary>How the usual viewers of Markdown name a heading.</summary>
    private static string Anchor(string heading) =>
        string.Concat(heading.Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Targets();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Headings();

    [GeneratedRegex(@"```.*?```", RegexOptions.Singleline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Code();
}
