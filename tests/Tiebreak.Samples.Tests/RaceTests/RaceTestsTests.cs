namespace Tiebreak.Samples.Tests.RaceTests;

/// <summary>The sample of a test that explores: it passes, its naive twin by the finding that it asserts.</summary>
public sealed class RaceTestsTests
{
    [Fact]
    public async Task Every_test_of_the_sample_passes_and_none_is_skipped()
    {
        var (code, output) = await BuiltProgram.RunAsync("RaceTests.dll", "-noColor");

        Assert.True(code == 0, output);
        Assert.Contains("Total: 2, Errors: 0, Failed: 0, Skipped: 0", output, StringComparison.Ordinal);
    }
}
