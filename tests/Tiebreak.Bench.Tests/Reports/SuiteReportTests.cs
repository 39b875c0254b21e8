using System.Text.Encodings.Web;
using System.Text.Json;
using Tiebreak.Bench.Measuring;
using Tiebreak.Bench.Reports;

namespace Tiebreak.Bench.Tests.Reports;

public sealed class SuiteReportTests : IDisposable
{
    private static readonly JsonSerializerOptions AsWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly StringWriter _printed = new();
    private readonly SuiteReport _report;

    public SuiteReportTests() => _report = new SuiteReport("hot", new Dictionary<string, string> { ["cores"] = "2" }, _printed);

    public void Dispose() => _printed.Dispose();

    [Fact]
    public void The_ratio_is_the_median_of_the_rounds_ratios()
    {
        // The machine was twice as fast in the second round, for both: the ratio does not see it.
        _report.Add("accept", 64, "row lock", new Dictionary<string, List<Sample>>
        {
            ["row lock"] = [new(100, 1, 2), new(200, 1, 2), new(100, 1, 2)],
            ["lane"] = [new(1_000, 3, 4), new(2_000, 3, 4), new(1_100, 3, 4)],
        });

        Assert.Equal([1, 10], _report.Rows.Select(row => row.RatioToRowLock));
        Assert.Equal((1_100, 1_000, 2_000), (_report.Rows[1].PerSecond, _report.Rows[1].MinPerSecond, _report.Rows[1].MaxPerSecond));
        Assert.Null(_report.Rows[1].TimesSmallest);
    }

    [Fact]
    public void What_grows_is_compared_with_the_same_contender_where_there_is_least()
    {
        var least = new Dictionary<string, List<Sample>> { ["row lock"] = [new(100, 2, 3)], ["lane"] = [new(100, 4, 5)] };
        var most = new Dictionary<string, List<Sample>> { ["row lock"] = [new(50, 3, 3)], ["lane"] = [new(100, 5, 5) { KilobytesPerCall = 12.34 }] };

        _report.Add("accept, many", 1, "row lock", most, least);

        Assert.Equal([1.5, 1.25], _report.Rows.Select(row => row.TimesSmallest));
        Assert.Equal(2, _report.Rows[1].RatioToRowLock);
        Assert.Equal(12.3, _report.Rows[1].KilobytesPerCall);
    }

    [Fact]
    public void Json_has_what_a_reader_needs_and_nothing_that_was_not_measured()
    {
        _report.Add("accept, \"A\"", 1, "row lock", new Dictionary<string, List<Sample>> { ["row lock"] = [new(123.456, 1.23456, 2)] });

        var root = JsonDocument.Parse(_report.ToJson()).RootElement;
        Assert.Equal("hot", root.GetProperty("suite").GetString());
        Assert.Equal("2", root.GetProperty("environment").GetProperty("cores").GetString());
        var row = Assert.Single(root.GetProperty("rows").EnumerateArray());
        Assert.Equal(
            """{"case":"accept, \"A\"","contender":"row lock","callers":1,"ratioToRowLock":1,"perSecond":123.5,"minPerSecond":123.5,"maxPerSecond":123.5,"p50Ms":1.235,"p99Ms":2}""",
            JsonSerializer.Serialize(row, AsWritten));
    }

    [Fact]
    public void Ratios_are_printed_first_and_the_spread_beside_the_rate()
    {
        _report.Add("accept", 64, "row lock", new Dictionary<string, List<Sample>> { ["row lock"] = [new(90, 1, 2), new(1_100, 1, 2), new(100, 1, 2)] });

        Assert.Matches(@"^\s+1\.00\s+row lock\s+100\s+90 \.\. 1,100\s+1\.00\s+2\.00\r?$", _printed.ToString().Split('\n')[3]);
    }

    [Fact]
    public void A_figure_is_held_against_its_bar_whichever_way_is_better()
    {
        _report.Add("all orders", new Bar(300, "orders a second", IsLeast: true), [400, 200, 600], 52);
        _report.Add("all orders", new Bar(1.5, "s", IsLeast: false), [3, 3, 0.5], 254);

        Assert.Equal([1.333, 0.5], _report.Bars.Select(row => row.TimesBar));
        Assert.Equal((400, 200, 600, 52), (_report.Bars[0].Median, _report.Bars[0].Min, _report.Bars[0].Max, _report.Bars[0].Orders));
        var row = JsonDocument.Parse(_report.ToJson()).RootElement.GetProperty("rows")[1];
        Assert.Equal(
            """{"case":"all orders","unit":"s","isLeast":false,"bar":1.5,"timesBar":0.5,"median":3,"min":0.5,"max":3,"orders":254}""",
            JsonSerializer.Serialize(row, AsWritten));
        Assert.Matches(@"^\s+0\.50 all orders\s+3\s+0\.5 \.\. 3\s+<= 1\.5 s\s+254\r?$", _printed.ToString().Split('\n')[3]);
    }
}
