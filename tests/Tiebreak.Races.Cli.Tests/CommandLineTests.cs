using System.Net;
using System.Net.Sockets;
using Tiebreak.Races.Cli.Commands;
using Tiebreak.Races.Cli.Files;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Cli.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tiebreak-cli-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public void Dispose()
    {
        _output.Dispose();
        _errors.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Init_writes_a_scenario_that_can_be_read_and_overwrites_none()
    {
        var path = Path.Combine(_folder, "race.json");

        Assert.Equal(0, await RunAsync("init", path));
        Assert.Equal(2, ScenarioReader.Read(path).Actors.Count);

        // As editors read JSON, which know no comments, with the schema that it names beside it.
        using var strict = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(path));
        using var schema = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, strict.RootElement.GetProperty("$schema").GetString()!)));
        var known = schema.RootElement.GetProperty("properties").EnumerateObject().Select(member => member.Name).ToHashSet(StringComparer.Ordinal);
        Assert.Superset(strict.RootElement.EnumerateObject().Select(member => member.Name).ToHashSet(StringComparer.Ordinal), known);
        Assert.Equal(2, await RunAsync("init", path));
        Assert.Contains("is there already", _errors.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("explore")]
    [InlineData("explode", "race.json")]
    [InlineData("explore", "race.json", "--budget", "soon")]
    [InlineData("explore", "race.json", "--isolation", "chaos")]
    [InlineData("explore", "/nowhere/race.json")]
    [InlineData("replay", "/nowhere/race.json", "--schedule", "ab")]
    [InlineData("doctor", "/nowhere/race.json")]
    public async Task A_wrong_line_is_2_and_never_1(params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(arguments));
        Assert.NotEmpty(_errors.ToString());
    }

    [Theory]
    [InlineData("abc", "is no schedule of 2 actors. Write letters from a to b")]
    [InlineData("", "is no schedule")]
    public async Task A_schedule_has_the_actors_letters(string schedule, string message)
    {
        var path = Path.Combine(_folder, "race.json");
        await RunAsync("init", path);

        Assert.Equal(2, await RunAsync("replay", path, "--schedule", schedule));
        Assert.Contains(message, _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replay_without_a_schedule_says_what_is_missing()
    {
        var path = Path.Combine(_folder, "race.json");
        await RunAsync("init", path);

        Assert.Equal(2, await RunAsync("replay", path));
        Assert.Contains("--schedule is missing", _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_that_is_not_started_is_a_wrong_set_up()
    {
        var path = Path.Combine(_folder, "race.json");
        await File.WriteAllTextAsync(path, $$"""
            { "actors": [
              { "name": "alice", "listen": "127.0.0.1:{{FreePort()}}", "http": { "url": "http://127.0.0.1:{{FreePort()}}/" } },
              { "name": "bob", "sql": ["select 1"] } ] }
            """, TestContext.Current.CancellationToken);

        Assert.Equal(2, await RunAsync("explore", path));
        Assert.Contains("alice: nothing answers at", _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_saved_finding_leads_back_to_its_scenario()
    {
        var (scenario, saved) = (Path.Combine(_folder, "race.json"), Path.Combine(_folder, "found.json"));
        Init.Run(scenario, _output);

        SavedFinding.Write(saved, scenario, new Finding { Kind = FindingKind.Race, Anomaly = Anomaly.LostUpdate, Schedule = "abab", Isolation = System.Data.IsolationLevel.RepeatableRead });

        var read = SavedFinding.Read(JsonSource.Read(saved))!;
        Assert.Equal(("abab", "repeatable read"), (read.Schedule, read.Isolation));
        Assert.Equal(scenario, Path.GetFullPath(read.Scenario));
        Assert.Null(SavedFinding.Read(JsonSource.Read(scenario)));
    }

    [Fact]
    public async Task Doctor_names_each_thing_that_is_missing()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var path = Path.Combine(_folder, "race.json");
        await File.WriteAllTextAsync(path, $$"""
            { "database": "postgresql://nobody@127.0.0.1:{{FreePort()}}/none",
              "actors": [
              { "name": "alice", "listen": "127.0.0.1:{{((IPEndPoint)taken.LocalEndpoint).Port}}", "http": { "url": "http://127.0.0.1:{{FreePort()}}/" } },
              { "name": "bob", "command": ["no-such-program"] } ] }
            """, TestContext.Current.CancellationToken);

        Assert.Equal(2, await RunAsync("doctor", path));
        var said = _output.ToString();
        Assert.Equal(4, said.Split("MISSING").Length - 1);
        Assert.Contains("bob: no-such-program is there: not found. Install it", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_starts_a_private_PostgreSQL()
    {
        Assert.True(await RunAsync("doctor") == 0, _output.ToString() + _errors);
        Assert.Contains("ok       A private PostgreSQL starts", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_names_the_exit_codes()
    {
        Assert.Equal(0, await RunAsync("--help"));
        Assert.Contains("0 holds, 1 broken, 2", string.Join(' ', _output.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_is_one_line_in_a_terminal_and_few_in_a_log()
    {
        var (terminal, log) = (new ProgressLine(_output, isTerminal: true), new ProgressLine(_errors, isTerminal: false));
        for (var schedules = 0; schedules < 3; schedules++)
        {
            log.Report(new RaceProgress("exploring", schedules, 0, TimeSpan.FromSeconds(1)));
        }

        terminal.Report(new RaceProgress("exploring", 12, 3, TimeSpan.FromSeconds(1)));
        terminal.Clear();

        Assert.Equal("exploring: 0 orders, 0 bad, 1 s", _errors.ToString().Trim());
        Assert.StartsWith("\rexploring: 12 orders, 3 bad, 1 s\r ", _output.ToString(), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(params string[] arguments) => new CommandLine(_output, _errors, isTerminal: false).RunAsync(arguments, TestContext.Current.CancellationToken);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
