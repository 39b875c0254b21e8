using Tiebreak.Bench.Measuring;

namespace Tiebreak.Bench.Tests.Measuring;

public sealed class BenchOptionsTests
{
    [Fact]
    public void What_is_left_out_is_left_to_the_suite()
    {
        var options = BenchOptions.Read([]);
        Assert.Equal((5, 5, TimeSpan.FromSeconds(1)), (options.Seconds, options.Rounds, options.RoundLength));
        Assert.Null(options.Json);
        Assert.Null(options.Callers);
        Assert.Null(options.Keys);
        Assert.Null(options.Records);
    }

    [Fact]
    public void Each_option_is_read()
    {
        var options = BenchOptions.Read(["--json", "a.json", "--seconds", "0.5", "--rounds", "2", "--callers", "1,64", "--keys", "100", "--records", "10,200"]);
        Assert.Equal("a.json", options.Json);
        Assert.Equal(TimeSpan.FromMilliseconds(250), options.RoundLength);
        Assert.Equal([1, 64], options.Callers!);
        Assert.Equal([100], options.Keys!);
        Assert.Equal([10, 200], options.Records!);
    }

    [Fact]
    public void A_slower_flush_is_a_delay_before_every_commit()
    {
        Assert.DoesNotContain("commit_delay", BenchOptions.Read([]).Settings.Keys);
        var settings = BenchOptions.Read(["--flush-ms", "1.5"]).Settings;
        Assert.Equal(("1500", "0"), (settings["commit_delay"], settings["commit_siblings"]));
    }

    [Theory]
    [InlineData("--second", "5", "--second is no option")]
    [InlineData("--seconds", null, "--seconds needs a value")]
    [InlineData("--seconds", "0", "over zero")]
    [InlineData("--seconds", "soon", "'soon'")]
    [InlineData("--rounds", "2.5", "whole numbers")]
    [InlineData("--callers", "1,,2", "whole numbers")]
    [InlineData("--flush-ms", "101", "at most 100")]
    [InlineData("--keys", "-1", "whole numbers")]
    public void What_cannot_be_meant_is_refused_with_what_to_write(string option, string? value, string says)
    {
        var error = Assert.Throws<FormatException>(() => BenchOptions.Read(value is null ? [option] : [option, value]));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }
}
