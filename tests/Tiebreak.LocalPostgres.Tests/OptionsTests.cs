namespace Tiebreak.LocalPostgres.Tests;

public sealed class OptionsTests
{
    [Fact]
    public void Options_that_are_logged_keep_the_connection_string_to_themselves()
    {
        var text = new LocalPostgresOptions { ConnectionString = "Host=db;Password=hunter2", DataFolder = "kept-here" }.ToString();
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.Contains("kept-here", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(25 * 60 * 60)]
    public async Task Start_timeout_that_is_none_is_refused(int seconds)
    {
        using var folder = new ScratchFolder();
        var options = Servers.Over(folder.Data) with { StartTimeout = TimeSpan.FromSeconds(seconds) };
        var error = await Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgresServer.StartAsync(options));
        Assert.Contains("StartTimeout is", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.Data));
    }
}
