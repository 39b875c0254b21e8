using Tiebreak.Architecture.Tests.Support;

namespace Tiebreak.Architecture.Tests.PublicSurface;

/// <summary>What users of the library can rely on stands in a file that is reviewed: no change of it goes unseen.</summary>
public sealed class PublicSurfaceTests
{
    private const string Accept = "TIEBREAK_ACCEPT_SURFACE";

    public static TheoryData<string> Reviewed => new(Built.Library.GetName().Name!, Built.Races.GetName().Name!);

    [Theory]
    [MemberData(nameof(Reviewed))]
    public void The_public_surface_is_the_reviewed_one(string assembly)
    {
        var actual = SurfaceText.Of(assembly == Built.Library.GetName().Name ? Built.Library : Built.Races);
        var reviewed = $"tests/Tiebreak.Architecture.Tests/PublicSurface/{assembly}.txt";
        var path = Repository.PathOf(reviewed);
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), HowToAccept);
        var differences = Differences(File.ReadAllText(path), actual);
        Assert.True(differences.Count == 0, $"The public surface of {assembly} differs from {reviewed} (-), which was reviewed:\n{string.Join('\n', differences)}\n{HowToAccept}");
    }

    [Fact]
    public void A_member_that_comes_goes_or_changes_is_shown_with_its_type()
    {
        const string Before = "namespace Shop { public class Stock { public int Quantity { get; set; } public void Take(int count) { } } }";
        var reviewed = Surface(Before);

        Assert.Empty(Differences(reviewed, Surface(Before)));
        Assert.Equal(
            ["  public class Stock", "-     public int Quantity { get; set; }", "+     public int Quantity { get; }"],
            Differences(reviewed, Surface(Before.Replace("set; ", string.Empty, StringComparison.Ordinal))));
        Assert.Equal(
            ["  public class Stock", "-     public void Take(int count)", "+     public void Take(int count = 1)"],
            Differences(reviewed, Surface(Before.Replace("int count", "int count = 1", StringComparison.Ordinal))));
        Assert.Equal(["- public class Stock", "+ public sealed class Stock"], Differences(reviewed, Surface(Before.Replace("class", "sealed class", StringComparison.Ordinal))));
        Assert.Equal(["+ public interface IShelf"], Differences(reviewed, Surface(Before.Replace("public class", "public interface IShelf; public class", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("public string? Name;", "public string Name = \"\";")]
    [InlineData("public List<string?> Names = [];", "public List<string> Names = [];")]
    [InlineData("protected void Take() { }", "private protected void Take() { }")]
    [InlineData("public virtual void Take() { }", "public void Take() { }")]
    [InlineData("public void Take<T>() where T : class { }", "public void Take<T>() { }")]
    [InlineData("public const int Most = 1;", "public const int Most = 2;")]
    [InlineData("public int Most { get; init; }", "public int Most { get; set; }")]
    [InlineData("[Obsolete] public void Take() { }", "public void Take() { }")]
    [InlineData("public class Row;", "internal class Row;")]
    [InlineData("public event Action? Sold;", "public event Action<int>? Sold;")]
    public void Two_surfaces_that_a_user_can_tell_apart_are_two_texts(string one, string other) =>
        Assert.NotEqual(Surface($"namespace Shop {{ public class Stock {{ {one} }} }}"), Surface($"namespace Shop {{ public class Stock {{ {other} }} }}"));

    [Fact]
    public void What_others_cannot_use_does_not_count() =>
        Assert.Equal(
            Surface("namespace Shop { public sealed class Stock; }"),
            Surface("namespace Shop { public sealed class Stock { internal int A; private int B() => A; private protected int C; internal class Row { public int D; } } }"));

    private static string HowToAccept => $"If that is meant: run the tests again with {Accept}=1, which rewrites the file, and have its change reviewed.";

    private static string Surface(string text) => SurfaceText.Of(CompiledText.Compile(text));

    /// <summary>Lines that are only in one of the texts, each member below its type.</summary>
    private static List<string> Differences(string reviewed, string actual)
    {
        var before = Lines(reviewed);
        var after = Lines(actual);
        var differences = new List<string>();
        foreach (var type in before.Concat(after).Select(line => line.Type).Distinct().Order(StringComparer.Ordinal))
        {
            List<string> Side(List<(string Type, string Line)> lines, List<(string Type, string Line)> others, string sign) =>
                [.. lines.Except(others).Where(line => line.Type == type).Select(line => sign + line.Line)];

            var changed = Side(before, after, "- ").Concat(Side(after, before, "+ ")).ToList();
            var isWhole = changed.Any(line => line[2..] == type);
            if (changed.Count > 0 && !isWhole)
            {
                differences.Add("  " + type);
            }

            differences.AddRange(isWhole ? changed.Where(line => line[2..] == type) : changed);
        }

        return differences;
    }

    private static List<(string Type, string Line)> Lines(string text)
    {
        var type = string.Empty;
        var lines = new List<(string Type, string Line)>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            type = line.StartsWith(' ') ? type : line;
            lines.Add((type, line));
        }

        return lines;
    }
}
