using System.Text.RegularExpressions;

namespace Tiebreak.Docs.Tests.Snippets;

/// <summary>One block of C# in a page.</summary>
/// <param name="Page">The page, relative to the repository.</param>
/// <param name="Line">The line of the page on which the code begins, 1 first.</param>
/// <param name="Code">What stands between the fences.</param>
public sealed partial record Snippet(string Page, int Line, string Code)
{
    /// <summary>A fragment that cannot stand alone is marked by this comment in the line before it, with the reason.</summary>
    private const string NotCompiled = "<!-- not compiled:";

    public override string ToString() => $"{Page}:{Line}";

    internal static IEnumerable<Snippet> In(string page, string text) => Fences().Matches(text)
        .Where(match => !match.Groups["before"].Value.StartsWith(NotCompiled, StringComparison.Ordinal))
        .Select(match => new Snippet(page, text[..match.Groups["code"].Index].Count(c => c == '\n') + 1, match.Groups["code"].Value));

    [GeneratedRegex(@"^(?<before>[^\n]*)\n[ ]*```csharp\n(?<code>.*?)\n[ ]*```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Fences();
}
