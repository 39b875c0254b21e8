using System.IO.Compression;
using System.Text.RegularExpressions;
using Tiebreak.Docs.Tests.Snippets;

namespace Tiebreak.Docs.Tests.Package;

/// <summary>What a user gets who adds the explorer's package or installs its tool, and types what its pages say.</summary>
public sealed partial class ExplorerPackageTests(PackedExplorer packed) : IClassFixture<PackedExplorer>
{
    [Theory]
    [InlineData("Tiebreak.LocalPostgres", "lib/net10.0/Tiebreak.LocalPostgres.dll")]
    [InlineData("Tiebreak.Races", "lib/net10.0/Tiebreak.Races.dll")]
    [InlineData("Tiebreak.Races.Cli", "tools/net10.0/any/Tiebreak.Races.Cli.dll")]
    public async Task Package_carries_readme_and_licence_and_nothing_of_the_machine_that_built(string package, string assembly)
    {
        await using var zip = await ZipFile.OpenReadAsync(packed.PathOf(package), TestContext.Current.CancellationToken);
        var names = zip.Entries.Select(entry => entry.FullName).ToList();

        Assert.Contains("README.md", names);
        Assert.Contains("LICENSE", names);
        Assert.Contains(assembly, names);
        Assert.DoesNotContain(names, name => name.Contains("tiebreak-postgres", StringComparison.Ordinal) || name.StartsWith("content", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Empty_console_project_runs_the_first_example_with_nothing_but_the_package()
    {
        var folder = packed.NewFolder("consumer");
        await File.WriteAllTextAsync(Path.Combine(folder, "Consumer.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup><PackageReference Include="Tiebreak.Races" Version="{packed.Version}" /></ItemGroup>
            </Project>
            """, TestContext.Current.CancellationToken);
        var example = Snippet.In("docs/races/README.md", Pages.Text("docs/races/README.md")).First();
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), example.Code, TestContext.Current.CancellationToken);

        var printed = await PackedPackage.DotnetAsync(folder, "run");

        Assert.Contains("BROKEN: ", printed, StringComparison.Ordinal);
        Assert.Contains("lost update, read committed", printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_at_the_top_of_the_commands_page_do_what_they_say()
    {
        var folder = packed.NewFolder("typed");
        var lines = Fences().Matches(Pages.Text("docs/races/command.md")).First().Groups["text"].Value.Split('\n').Select(line => line.Split('#')[0]).ToList();
        Assert.Equal(["init", "doctor", "explore", "replay"], lines.Select(line => line.Split(' ')[1]));

        foreach (var (line, code) in lines.Zip([0, 0, 1, 1]))
        {
            var (exitCode, output) = await packed.TypeAsync(folder, line);
            Assert.True(exitCode == code, $"{line}\n{output}");
        }

        Assert.True(File.Exists(Path.Combine(folder, "race.html")));
    }

    [Fact]
    public async Task Lines_of_the_pipeline_and_of_the_replay_after_it_do_what_they_say()
    {
        var folder = packed.NewFolder("pipeline");
        Directory.CreateDirectory(Path.Combine(folder, "races"));
        await packed.TypeAsync(folder, "tiebreak init races/accept.json");
        var lines = TypedInPipeline().Matches(Pages.Text("docs/races/command.md")).Select(match => match.Groups["line"].Value).ToList();
        Assert.Equal(["doctor", "explore", "replay"], lines.Select(line => line.Split(' ')[1]));

        foreach (var (line, code) in lines.Zip([0, 1, 1]))
        {
            var (exitCode, output) = await packed.TypeAsync(folder, line);
            Assert.True(exitCode == code, $"{line}\n{output}");
        }

        Assert.All(Artifacts().Matches(Pages.Text("docs/races/command.md")), match => Assert.True(File.Exists(Path.Combine(folder, match.Groups["path"].Value)), match.Value));
    }

    [GeneratedRegex(@"^```\n(?<text>.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Fences();

    [GeneratedRegex(@"^(    - run: )?(?<line>tiebreak \w+ races/.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex TypedInPipeline();

    [GeneratedRegex(@"^          (?<path>race[^ \n]*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Artifacts();
}
