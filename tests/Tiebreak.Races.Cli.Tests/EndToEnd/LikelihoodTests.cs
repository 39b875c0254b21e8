using Tiebreak.Testing;

namespace Tiebreak.Races.Cli.Tests.EndToEnd;

/// <summary>How often a finding that was saved would happen at a rate.</summary>
public sealed class LikelihoodTests(PostgresCluster cluster) : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_saved_finding_is_said_to_happen_about_once_in_a_time_and_never_to_be_safe()
    {
        _folder.Write("race.json", Scenarios.Booking(WorkFolder.DatabaseMember(await cluster.CreateDatabaseAsync())));
        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json", "--no-fixes", "--save", "finding.json");
        Assert.True(explore.ExitCode == 1, explore.ToString());

        await using var likelihood = await CommandProcess.RunAsync(_folder, "likelihood", "finding.json", "--rate", "2/s", "--keys", "1000", "--budget", "3s");

        Assert.True(likelihood.ExitCode == 0, likelihood.ToString());
        Assert.StartsWith("alice and bob break about once in ", likelihood.Output, StringComparison.Ordinal);
        Assert.Contains("A deliberate burst, at once:", likelihood.Output, StringComparison.Ordinal);
        Assert.Contains("This is no reason to call it safe", likelihood.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("often")]
    [InlineData("0/s")]
    [InlineData("2/d")]
    public async Task A_rate_that_is_none_is_2_and_says_how_one_is_written(string rate)
    {
        _folder.Write("race.json", Scenarios.Booking(WorkFolder.DatabaseMember(await cluster.CreateDatabaseAsync())));

        await using var likelihood = await CommandProcess.RunAsync(_folder, "likelihood", "race.json", "--rate", rate);

        Assert.True(likelihood.ExitCode == 2, likelihood.ToString());
        Assert.Contains("2/s", likelihood.Errors, StringComparison.Ordinal);
    }
}
