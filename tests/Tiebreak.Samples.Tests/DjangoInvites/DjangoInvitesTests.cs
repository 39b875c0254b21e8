using System.Text.Json;

namespace Tiebreak.Samples.Tests.DjangoInvites;

/// <summary>An application in another language, explored over HTTP with the command.</summary>
public sealed class DjangoInvitesTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "DjangoInvites");

    [Theory]
    [InlineData("naive.json", 1, "broken")]
    [InlineData("locked.json", 0, "holds")]
    public async Task Naive_accept_races_and_select_for_update_holds(string scenario, int exitCode, string verdict)
    {
        var python = await DjangoPython.FindOrSkipAsync();
        await using var alice = await DjangoInstance.StartAsync(python, Folder);
        await using var bob = await DjangoInstance.StartAsync(python, Folder);
        var work = Directory.CreateTempSubdirectory("tiebreak-django-");
        try
        {
            var (file, json) = (Path.Combine(work.FullName, scenario), Path.Combine(work.FullName, "report.json"));
            await File.WriteAllTextAsync(file, Rewritten(scenario, alice, bob), TestContext.Current.CancellationToken);

            var (code, output) = await BuiltProgram.RunAsync("Tiebreak.Races.Cli.dll", "explore", file, "--json", json);

            Assert.True(code == exitCode, $"It ended with {code}:\n{output}");
            using var report = JsonDocument.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken));
            Assert.Equal(verdict, report.RootElement.GetProperty("verdict").GetString());
            Assert.True(report.RootElement.GetProperty("exhausted").GetBoolean());
            if (exitCode == 1)
            {
                AssertLostUpdateWithTheLockThatMendsIt(report.RootElement.GetProperty("findings")[0]);
                var (replayed, again) = await BuiltProgram.RunAsync("Tiebreak.Races.Cli.dll", "replay", file, "--schedule", "abaaabbb");
                Assert.True(replayed == 1 && again.StartsWith("BROKEN: ", StringComparison.Ordinal), $"The order of the sample's page ended with {replayed}:\n{again}");
            }
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static void AssertLostUpdateWithTheLockThatMendsIt(JsonElement finding)
    {
        Assert.Equal("lost-update", finding.GetProperty("anomaly").GetString());
        Assert.Contains(finding.GetProperty("fixes").EnumerateArray(), fix =>
            fix.GetProperty("what").GetString()!.EndsWith("FOR UPDATE", StringComparison.Ordinal) && fix.GetProperty("verdict").GetString() == "holds");
    }

    // The ports of the file are those of its page; a test takes free ones.
    private static string Rewritten(string scenario, DjangoInstance alice, DjangoInstance bob)
    {
        var text = File.ReadAllText(Path.Combine(Folder, scenario));
        foreach (var (written, port) in new[] { (7001, alice.DatabasePort), (8001, alice.Port), (7002, bob.DatabasePort), (8002, bob.Port) })
        {
            Assert.Contains($"127.0.0.1:{written}", text, StringComparison.Ordinal);
            text = text.Replace($"127.0.0.1:{written}", $"127.0.0.1:@{port}", StringComparison.Ordinal);
        }

        return text.Replace("127.0.0.1:@", "127.0.0.1:", StringComparison.Ordinal);
    }
}
