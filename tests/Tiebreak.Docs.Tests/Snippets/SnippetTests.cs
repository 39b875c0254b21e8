namespace Tiebreak.Docs.Tests.Snippets;

/// <summary>What a reader copies compiles.</summary>
public sealed class SnippetTests
{
    public static TheoryData<Snippet> All => [.. Pages.All.SelectMany(page => Snippet.In(page, Pages.Text(page)))];

    [Theory]
    [MemberData(nameof(All), DisableDiscoveryEnumeration = true)]
    public void Snippet_compiles(Snippet snippet) => Assert.Empty(SnippetCompiler.Errors(snippet));

    [Fact]
    public void Snippet_that_names_what_does_not_exist_is_found_with_its_line()
    {
        var snippet = Assert.Single(Snippet.In("page.md", "Text\n\n```csharp\nvar a = 1;\nvar b = a.Missing;\n```\n"));
        Assert.Equal(4, snippet.Line);
        Assert.StartsWith("page.md:5: ", Assert.Single(SnippetCompiler.Errors(snippet)), StringComparison.Ordinal);
    }

    [Fact]
    public void Statements_answers_usings_and_types_are_understood()
    {
        var snippet = new Snippet("page.md", 1, """
            using System.Text;

            var text = new StringBuilder();
            if (text.Length == 0) return Answer.No;

            enum Answer { No }
            """);
        Assert.Empty(SnippetCompiler.Errors(snippet));
    }

    [Fact]
    public void Fragment_that_is_marked_is_left_out() =>
        Assert.Empty(Snippet.In("page.md", "<!-- not compiled: half a line -->\n```csharp\nvar\n```\n"));
}
