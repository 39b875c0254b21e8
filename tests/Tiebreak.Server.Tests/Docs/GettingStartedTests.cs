using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Docs;

/// <summary>Runs what docs/getting-started.md tells a newcomer to type, and compares what it says will come.</summary>
public sealed partial class GettingStartedTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Mark = "@@@ next block @@@";

    [Fact]
    public async Task The_commands_of_getting_started_answer_what_the_page_says()
    {
        Assert.SkipUnless(Curl.IsInstalled, Curl.Missing);
        var page = await File.ReadAllTextAsync(Path.Combine(RepositoryRoot(), "docs", "getting-started.md"));
        var steps = StepPattern().Matches(page).Select(step => (Command: step.Groups["command"].Value, Answer: step.Groups["answer"].Value)).ToList();
        Assert.True(steps.Count >= 12, $"Only {steps.Count} steps were found on the page.");

        // Whoever has been here before gets the same answers.
        await RunAsync(["N=earlier", .. steps.Select(step => step.Command.Replace("$(date +%s)", "earlier", StringComparison.Ordinal))]);
        var answers = await RunAsync(steps.Select(step => step.Command));

        for (var i = 0; i < steps.Count; i++)
        {
            Assert.True(Masked(steps[i].Answer) == Masked(answers[i]), $"The page says\n{steps[i].Answer}\nafter\n{steps[i].Command}\nand what comes is\n{answers[i]}");
        }
    }

    [Fact]
    public async Task The_calls_of_the_readme_answer_as_it_says_however_often_they_are_made()
    {
        Assert.SkipUnless(Curl.IsInstalled, Curl.Missing);
        var readme = await File.ReadAllTextAsync(Path.Combine(RepositoryRoot(), "README.md"));
        var calls = FourCallsPattern().Match(readme).Groups["calls"].Value.Replace("localhost:5080", "http://127.0.0.1:5080", StringComparison.Ordinal);

        foreach (var output in await RunAsync([calls.Replace("$(date +%s)", "first", StringComparison.Ordinal), calls]))
        {
            if (output.Trim().Length > 0)
            {
                Assert.Contains("\"acceptedAt\"", output, StringComparison.Ordinal);
                Assert.Contains("invite-exhausted", output, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>All blocks in one shell, as a newcomer has it: what one sets, the next one uses.</summary>
    private async Task<IReadOnlyList<string>> RunAsync(IEnumerable<string> commands)
    {
        var script = new StringBuilder("set -u\n");
        foreach (var command in commands)
        {
            script.Append(command.Replace("http://127.0.0.1:5080", server.Server.Address.ToString().TrimEnd('/'), StringComparison.Ordinal)).Append("\necho '").Append(Mark).Append("'\n");
        }

        using var shell = Process.Start(new ProcessStartInfo("bash", ["-s"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await shell.StandardInput.WriteAsync(script);
        shell.StandardInput.Close();
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return output.Split(Mark);
    }

    /// <summary>What differs from run to run by its nature.</summary>
    private static string Masked(string text) => TimePattern().Replace(IdPattern().Replace(NumberPattern().Replace(text, "-<n>"), "<id>"), "<time>").Trim();

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Tiebreak.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests are not below the repository.");
    }

    [GeneratedRegex("```bash\\n(?<command>.*?)```\\s*```(json|text)\\n(?<answer>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex StepPattern();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex IdPattern();

    [GeneratedRegex("## The service in four calls\\s*```\\n(?<calls>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex FourCallsPattern();

    /// <summary>What makes the page's names new.</summary>
    [GeneratedRegex("-1[0-9]{9}\\b")]
    private static partial Regex NumberPattern();

    [GeneratedRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")]
    private static partial Regex TimePattern();
}
