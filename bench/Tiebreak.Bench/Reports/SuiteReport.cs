using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tiebreak.Bench.Measuring;

namespace Tiebreak.Bench.Reports;

/// <summary>Gathers a suite's rows and prints them as they come, ratios first.</summary>
internal sealed class SuiteReport(string suite, IReadOnlyDictionary<string, string> environment, TextWriter output)
{
    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly List<Row> _rows = [];
    private readonly List<BarRow> _bars = [];

    public IReadOnlyList<Row> Rows => _rows;

    /// <summary>What is held against a bar and not against another contender.</summary>
    public IReadOnlyList<BarRow> Bars => _bars;

    /// <summary>Adds one case: every contender's rounds, beside those of the one that the ratios refer to.</summary>
    /// <param name="case">What was done.</param>
    /// <param name="callers">How many callers there were.</param>
    /// <param name="reference">The contender that the ratios refer to.</param>
    /// <param name="samples">The rounds of each contender, all in the same order.</param>
    /// <param name="smallest">The rounds of each contender where there is least, for suites that let something grow.</param>
    public void Add(
        string @case, int callers, string reference, IReadOnlyDictionary<string, List<Sample>> samples, IReadOnlyDictionary<string, List<Sample>>? smallest = null)
    {
        output.WriteLine();
        output.WriteLine($"{@case}, {callers} {(callers == 1 ? "caller" : "callers")}");
        output.WriteLine($"{"x row lock",10} {(smallest is null ? "" : "x least "),8} {"contender",-44} {"per second",11} {"slowest .. fastest",20} {"p50 ms",9} {"p99 ms",9}{(smallest is null ? "" : "   kB a call")}");
        foreach (var (contender, rounds) in samples)
        {
            var median = Sample.Median(rounds);
            var row = new Row(
                @case,
                contender,
                callers,
                Rounded(Sample.Middle(rounds.Zip(samples[reference], (one, row) => one.PerSecond / row.PerSecond))),
                Rounded(median.PerSecond),
                Rounded(rounds.Min(round => round.PerSecond)),
                Rounded(rounds.Max(round => round.PerSecond)),
                Rounded(median.P50Ms),
                Rounded(median.P99Ms))
            {
                TimesSmallest = smallest is null ? null : Rounded(Sample.Middle(rounds.Zip(smallest[contender], (one, least) => one.P50Ms / least.P50Ms))),
                KilobytesPerCall = median.KilobytesPerCall is { } kilobytes ? Rounded(kilobytes) : null,
            };
            _rows.Add(row);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{row.RatioToRowLock,10:0.00} {row.TimesSmallest,8:0.00} {row.Contender,-44} {row.PerSecond,11:N0} {$"{row.MinPerSecond:N0} .. {row.MaxPerSecond:N0}",20} {row.P50Ms,9:0.00} {row.P99Ms,9:0.00} {row.KilobytesPerCall,11:0.0}").TrimEnd());
        }
    }

    /// <summary>Adds one figure beside the bar that it is to reach.</summary>
    /// <param name="case">What was measured.</param>
    /// <param name="bar">What it is to reach.</param>
    /// <param name="rounds">What each round gave.</param>
    /// <param name="orders">How many orders were run in a round.</param>
    public void Add(string @case, Bar bar, IReadOnlyList<double> rounds, double orders)
    {
        if (_bars.Count == 0)
        {
            output.WriteLine();
            output.WriteLine($"{"x bar",8} {"case",-52} {"median",9} {"least .. most",18} {"bar",9} {"unit",-16} {"orders",7}");
        }

        var median = Sample.Middle(rounds);
        var row = new BarRow(
            @case, bar.Unit, bar.IsLeast, bar.Value, Rounded(bar.Times(median)), Rounded(median), Rounded(rounds.Min()), Rounded(rounds.Max()), Rounded(orders));
        _bars.Add(row);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{row.TimesBar,8:0.00} {row.Case,-52} {row.Median,9:0.###} {$"{row.Min:0.###} .. {row.Max:0.###}",18} {(row.IsLeast ? ">= " : "<= ") + row.Bar,9} {row.Unit,-16} {row.Orders,7:N0}"));
    }

    public string ToJson() => JsonSerializer.Serialize(new { Suite = suite, Environment = environment, Rows = _bars.Count > 0 ? (object)_bars : _rows }, JsonOptions);

    public async Task SaveAsync(string path)
    {
        await File.WriteAllTextAsync(path, ToJson() + "\n");
        output.WriteLine($"Written to {path}");
    }

    private static double Rounded(double value) => Math.Round(value, value < 10 ? 3 : 1);
}
