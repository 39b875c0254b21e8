using System.Diagnostics;
using Tiebreak.Testing;

namespace Tiebreak.Races.Cli.Tests.EndToEnd;

/// <summary>Actors that are programs of another language, without a driver even.</summary>
public sealed class CommandActorTests(PostgresCluster cluster) : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "", 1)]
    [InlineData(", \"version\"", ", \"busy\": { \"exitCode\": [75] }", 0)]
    [InlineData(", \"version\"", "", 1)]
    public async Task Programs_are_explored_and_an_exit_code_may_mean_that_one_did_not_run(string argument, string busy, int exitCode)
    {
        SkipWithoutPython();
        File.Copy(Path.Combine(AppContext.BaseDirectory, "EndToEnd", "points.py"), _folder.PathOf("points.py"));
        _folder.Write("race.json", $$"""
            { {{WorkFolder.DatabaseMember(await cluster.CreateDatabaseAsync())}},
              "schema": ["CREATE TABLE account (id int PRIMARY KEY, points int NOT NULL, version int NOT NULL)"],
              "given": ["INSERT INTO account VALUES (1, 0, 0)"],
              "actors": [
                { "name": "alice", "command": ["python3", "points.py", "5"{{argument}}] },
                { "name": "bob", "command": ["python3", "points.py", "7"{{argument}}] } ]{{busy}} }
            """);

        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json", "--json", "report.json");

        Assert.True(explore.ExitCode == exitCode, explore.ToString());
        Assert.True(_folder.Json("report.json").GetProperty("exhausted").GetBoolean(), explore.ToString());
    }

    [Theory]
    [InlineData("[\"no-such-program\"]", "no-such-program cannot be started")]
    [InlineData("[\"sh\", \"-c\", \"echo it is broken >&2; exit 1\"]", "alice cannot run even alone: exit code 1: it is broken")]
    [InlineData("[\"sh\", \"-c\", \"echo done\"]", "alice cannot run even alone: it sent no statement.")]
    public async Task A_program_that_does_nothing_even_alone_is_2_and_never_holds(string command, string message)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The commands are those of a shell.");
        _folder.Write("race.json", $$"""
            { {{WorkFolder.DatabaseMember(await cluster.CreateDatabaseAsync())}}, "schema": ["CREATE TABLE t (id int)"],
              "actors": [ { "name": "alice", "command": {{command}} }, { "name": "bob", "sql": ["SELECT * FROM t"] } ] }
            """);

        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json");

        Assert.True(explore.ExitCode == 2, explore.ToString());
        Assert.Contains(message, explore.Errors, StringComparison.Ordinal);
    }

    private static void SkipWithoutPython()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("python3", ["-c", ""]) { UseShellExecute = false })!;
            process.WaitForExit();
            Assert.SkipWhen(process.ExitCode != 0, "python3 does not run.");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("python3 is missing.");
        }
    }
}
