using Tiebreak.Testing;

namespace Tiebreak.Races.Cli.Tests.EndToEnd;

/// <summary>A finding that was saved is a regression test: broken until the race is mended, then passed.</summary>
public sealed class ReplayTests(PostgresCluster cluster) : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("FOR UPDATE", "UPDATE concert SET booked = (SELECT count(*) FROM booking) WHERE id = 1")]
    [InlineData("", "UPDATE concert SET booked = booked + 1 WHERE id = 1")]
    public async Task A_saved_finding_is_1_while_it_is_broken_and_0_once_it_is_mended(string behindTheRead, string update)
    {
        var database = await DatabaseAsync();
        _folder.Write("race.json", Scenarios.Booking(database));
        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json", "--save", "finding.json");
        Assert.True(explore.ExitCode == 1, explore.ToString());

        await using var broken = await CommandProcess.RunAsync(_folder, "replay", "finding.json");
        var read = "SELECT booked FROM concert WHERE id = 1 ";
        var mended = Scenarios.Booking(database, behindTheRead).Replace("UPDATE concert SET booked = (SELECT count(*) FROM booking) WHERE id = 1", update, StringComparison.Ordinal);
        _folder.Write("race.json", behindTheRead.Length > 0 ? mended : mended.Replace($"\"{read}\", ", "", StringComparison.Ordinal));
        await using var held = await CommandProcess.RunAsync(_folder, "replay", "finding.json");

        Assert.True(broken.ExitCode == 1, broken.ToString());
        Assert.StartsWith("BROKEN: ", broken.Output, StringComparison.Ordinal);
        Assert.True(held.ExitCode == 0, held.ToString());
        Assert.StartsWith("HOLDS: in this order alice and bob end as they would one at a time.", held.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_line_that_a_report_prints_leads_to_the_same_outcome()
    {
        _folder.Write("race.json", Scenarios.Booking(await DatabaseAsync()));
        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json", "--json", "report.json");
        var line = explore.Output.Split('\n').First(text => text.StartsWith("Replay: tiebreak ", StringComparison.Ordinal))["Replay: tiebreak ".Length..];

        await using var replay = await CommandProcess.RunAsync(_folder, line.Split(' '));

        Assert.True(replay.ExitCode == 1, replay.ToString());
        Assert.Equal(Outcome(explore.Output), Outcome(replay.Output));
    }

    [Fact]
    public async Task A_schedule_that_the_actors_do_not_follow_is_2()
    {
        _folder.Write("race.json", Scenarios.Booking(await DatabaseAsync()));

        await using var replay = await CommandProcess.RunAsync(_folder, "replay", "race.json", "--schedule", "aaaaaaaaaa");

        Assert.True(replay.ExitCode == 2, replay.ToString());
        Assert.Contains("do not follow the schedule", replay.Errors, StringComparison.Ordinal);
    }

    private async Task<string> DatabaseAsync() => WorkFolder.DatabaseMember(await cluster.CreateDatabaseAsync());

    private static IEnumerable<string> Outcome(string output) =>
        output.Split('\n').SkipWhile(line => line != "Outcome:").Skip(1).TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal));
}
