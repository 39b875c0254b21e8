using Tiebreak.Testing;

namespace Tiebreak.Races.Cli.Tests.EndToEnd;

public sealed class ExploreTests(PostgresCluster cluster) : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_init_writes_is_explored_on_a_private_PostgreSQL_and_its_race_is_found()
    {
        await using var init = await CommandProcess.RunAsync(_folder, "init", "race.json");
        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json", "--json", "report.json", "--html", "report.html", "--save", "finding.json");

        Assert.Equal(0, init.ExitCode);
        Assert.True(explore.ExitCode == 1, explore.ToString());
        Assert.Contains("BROKEN: ", explore.Output, StringComparison.Ordinal);
        Assert.Contains("Replay: tiebreak replay race.json --schedule ", explore.Output, StringComparison.Ordinal);
        Assert.Equal("broken", _folder.Json("report.json").GetProperty("verdict").GetString());
        Assert.StartsWith("<!doctype html>", await File.ReadAllTextAsync(_folder.PathOf("report.html"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("race.json", _folder.Json("finding.json").GetProperty("scenario").GetString());
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Temporary));
    }

    [Fact]
    public async Task Output_that_no_terminal_shows_has_no_control_codes_and_progress_is_on_the_error_stream()
    {
        _folder.Write("race.json", Scenarios.Booking(await DatabaseAsync()));

        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json");

        Assert.DoesNotContain(explore.Output + explore.Errors, letter => char.IsControl(letter) && letter != '\n');
        Assert.StartsWith("exploring: ", explore.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("exploring: ", explore.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_that_holds_is_0_and_the_report_says_that_every_order_was_run()
    {
        _folder.Write("race.json", Scenarios.Booking(await DatabaseAsync(), "FOR UPDATE"));

        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json", "--json", "report.json", "--save", "finding.json");

        Assert.True(explore.ExitCode == 0, explore.ToString());
        Assert.StartsWith("HOLDS: alice and bob end as they would one at a time, whatever the order.", explore.Output, StringComparison.Ordinal);
        Assert.True(_folder.Json("report.json").GetProperty("exhausted").GetBoolean());
        Assert.False(File.Exists(_folder.PathOf("finding.json")));
    }

    [Fact]
    public async Task A_budget_that_ends_is_3_and_never_a_pass()
    {
        _folder.Write("race.json", Scenarios.Endless(await DatabaseAsync()));

        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json", "--brute-force", "--budget", "500ms", "--json", "report.json");

        Assert.True(explore.ExitCode == 3, explore.ToString());
        Assert.Contains("UNKNOWN: The budget ended before every order was run.", explore.Output, StringComparison.Ordinal);
        Assert.Contains("This is not a pass.", explore.Output, StringComparison.Ordinal);
        Assert.False(_folder.Json("report.json").GetProperty("exhausted").GetBoolean());
    }

    [Theory]
    [InlineData("{ \"actors\": [\n  { \"name\": \"alice\", \"sql\": [\"select 1\"] },\n  { \"name\": \"bob\", \"sq\": [\"select 1\"] } ] }", "race.json:3:", "/actors/1/sq")]
    [InlineData("{ \"given\": [],\n  \"actors\": [ { \"name\": \"alice\", \"sql\": [\"select 1\"] } ] }", "race.json:2:", "/actors")]
    [InlineData("{ \"actors\": [\n", "race.json:", "")]
    public async Task A_wrong_file_is_2_and_said_with_line_and_pointer(string text, string place, string pointer)
    {
        _folder.Write("race.json", text);

        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json");

        Assert.True(explore.ExitCode == 2, explore.ToString());
        Assert.StartsWith(place, explore.Errors, StringComparison.Ordinal);
        Assert.Contains(pointer, explore.Errors, StringComparison.Ordinal);
        Assert.Empty(explore.Output);
    }

    [Fact]
    public async Task SQL_that_PostgreSQL_refuses_is_2_and_says_which()
    {
        _folder.Write("race.json", Scenarios.Booking(await DatabaseAsync()).Replace("CREATE TABLE booking", "CREATE TABEL booking", StringComparison.Ordinal));

        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json");

        Assert.True(explore.ExitCode == 2, explore.ToString());
        Assert.Contains("CREATE TABEL booking", explore.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", explore.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_statement_that_fails_whatever_the_order_is_2_and_never_holds()
    {
        _folder.Write("race.json", Scenarios.Booking(await DatabaseAsync(), "FOR UPDATE").Replace("INSERT INTO booking", "INSERT INTO bookings", StringComparison.Ordinal));

        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json");

        Assert.True(explore.ExitCode == 2, explore.ToString());
        Assert.Contains("alice cannot run even alone: 42P01", explore.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Levels_are_explored_one_after_the_other_and_a_finding_names_its_own()
    {
        _folder.Write("race.json", Scenarios.Booking(await DatabaseAsync()));

        await using var both = await CommandProcess.RunAsync(_folder, "explore", "race.json", "--isolation", "read committed,serializable", "--json", "both.json");
        await using var one = await CommandProcess.RunAsync(_folder, "explore", "race.json", "--isolation", "serializable", "--json", "one.json");

        Assert.True(both.ExitCode == 1, both.ToString());
        Assert.All(_folder.Json("both.json").GetProperty("findings").EnumerateArray(), finding => Assert.Equal("read committed", finding.GetProperty("isolation").GetString()));
        Assert.True(one.ExitCode == 0, one.ToString());
        Assert.True(Schedules("both.json") > Schedules("one.json"));
    }

    [Fact]
    public async Task Brute_force_runs_more_orders_to_the_same_verdict_and_a_seed_is_taken()
    {
        _folder.Write("race.json", Scenarios.Booking(await DatabaseAsync()));

        await using var reduced = await CommandProcess.RunAsync(_folder, "explore", "race.json", "--json", "reduced.json", "--seed", "7");
        await using var all = await CommandProcess.RunAsync(_folder, "explore", "race.json", "--json", "all.json", "--brute-force");

        Assert.Equal((1, 1), (reduced.ExitCode, all.ExitCode));
        Assert.True(Schedules("all.json") > Schedules("reduced.json"));
        Assert.Equal(Anomalies("reduced.json"), Anomalies("all.json"));
    }

    private async Task<string> DatabaseAsync() => WorkFolder.DatabaseMember(await cluster.CreateDatabaseAsync());

    private int Schedules(string name) => _folder.Json(name).GetProperty("schedules").GetInt32();

    private IEnumerable<string?> Anomalies(string name) =>
        _folder.Json(name).GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("anomaly").GetString()).Order(StringComparer.Ordinal);
}
