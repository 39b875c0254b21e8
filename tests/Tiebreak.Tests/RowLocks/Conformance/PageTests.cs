using System.Reflection;
using System.Text.RegularExpressions;

namespace Tiebreak.Tests.RowLocks.Conformance;

/// <summary>docs/conformance.md names tests that exist, and says something about each case of the other suite.</summary>
public sealed partial class PageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Root(), "docs", "conformance.md"));

    [Fact]
    public void Every_test_that_the_page_names_exists()
    {
        var tests = typeof(PageTests).Assembly.GetTypes()
            .Where(type => type.Namespace?.StartsWith("Tiebreak.Tests.RowLocks", StringComparison.Ordinal) == true)
            .SelectMany(type => type.GetMethods().Where(IsTest).Select(method => $"{type.Name}.{method.Name}"))
            .ToHashSet(StringComparer.Ordinal);
        var named = TestName().Matches(Page).Select(match => match.Groups[1].Value).ToList();

        Assert.True(named.Count > 80, $"Only {named.Count} names were found in the page.");
        Assert.DoesNotContain(named, name => !tests.Contains(name));
    }

    [Fact]
    public void Each_case_of_the_other_suite_has_a_test_or_a_reason()
    {
        var rows = Page.Split('\n').Where(line => line.StartsWith("| `test_", StringComparison.Ordinal)).Select(line => line.Split('|')).ToList();

        Assert.Equal(38, rows.Select(row => row[1]).Distinct(StringComparer.Ordinal).Count());
        Assert.All(rows, row => Assert.True(TestName().IsMatch(row[2]) || row[2].StartsWith(" cannot apply: ", StringComparison.Ordinal), row[1]));
    }

    [Fact]
    public void A_name_that_does_not_exist_would_be_found()
    {
        Assert.Equal("PageTests.No_such_test", TestName().Match("| `PageTests.No_such_test` |").Groups[1].Value);
        Assert.DoesNotContain(typeof(PageTests).GetMethods(), method => method.Name == "No_such_test");
        Assert.False(IsTest(typeof(PageTests).GetMethod(nameof(ToString))!));
    }

    private static bool IsTest(MethodInfo method) => method.GetCustomAttribute<FactAttribute>() is not null;

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Tiebreak.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"No Tiebreak.slnx above {AppContext.BaseDirectory}.");
    }

    [GeneratedRegex("`([A-Z][A-Za-z]*Tests\\.[A-Z][A-Za-z_]*)`")]
    private static partial Regex TestName();
}
