using System.Globalization;
using System.Text.Json;
using Tiebreak.Bench.Measuring;

namespace Tiebreak.Bench.Reports;

/// <summary>Gathers a suite's rows and prints them as they come, ratios first.</summary>
internal sealed class SuiteReport(string suite, IReadOnlyDictionary<string, string> environment, TextWriter output)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private readonly List<Row> _rows = [];

    public IReadOnlyList<Row> Rows => _rows;

    /// <summary>Adds one case: every contender's rounds, beside those of the one that the ratios refer to.</summary>
    public void Add(string @case, int callers, string reference, IReadOnlyDictionary<string, List<Sample>> samples)
    {
        output.WriteLine();
        output.WriteLine($"{@case}, {callers} callers");
        output.WriteLine($"{"contender",-44} {"x row lock",10} {"per second",11} {"spread",7} {"p50 ms",9} {"p99 ms",9}");
        foreach (var (contender, rounds) in samples)
        {
            var median = Sample.Median(rounds);
            var spread = 100 * (rounds.Max(round => round.PerSecond) - rounds.Min(round => round.PerSecond)) / median.PerSecond;
            var ratio = Sample.Middle(rounds.Zip(samples[reference], (one, row) => one.PerSecond / row.PerSecond));
            var row = new Row(@case, contender, callers, Rounded(median.PerSecond), Rounded(spread), Rounded(median.P50Ms), Rounded(median.P99Ms), Rounded(ratio));
            _rows.Add(row);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{row.Contender,-44} {row.RatioToRowLock,10:0.00} {row.PerSecond,11:N0} {row.SpreadPercent,6:0}% {row.P50Ms,9:0.00} {row.P99Ms,9:0.00}"));
        }
    }

    public async Task SaveAsync(string path)
    {
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(new { Suite = suite, Environment = environment, Rows = _rows }, Json));
        output.WriteLine($"Written to {path}");
    }

    private static double Rounded(double value) => Math.Round(value, value < 10 ? 3 : 1);
}
