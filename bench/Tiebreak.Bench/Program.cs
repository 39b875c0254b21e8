using Tiebreak.Bench.Grown;
using Tiebreak.Bench.Hosting;
using Tiebreak.Bench.Hot;
using Tiebreak.Bench.Http;
using Tiebreak.Bench.Measuring;
using Tiebreak.Bench.Neighbours;
using Tiebreak.Bench.Queue;
using Tiebreak.Bench.Races;
using Tiebreak.Bench.Reports;
using Tiebreak.Bench.Spread;
using Tiebreak.Bench.Systems;
using Tiebreak.LocalPostgres;

// Everything is compared within one run, in interleaved rounds: on a shared machine only ratios hold.
var suites = new Dictionary<string, Func<Func<string, Task<string>>, BenchOptions, SuiteReport, Task>>(StringComparer.Ordinal)
{
    ["hot"] = HotSuite.RunAsync,
    ["spread"] = SpreadSuite.RunAsync,
    ["systems"] = SystemsSuite.RunAsync,
    ["grown"] = GrownSuite.RunAsync,
    ["http"] = HttpSuite.RunAsync,
    ["races"] = RacesSuite.RunAsync,
    ["queue"] = QueueSuite.RunAsync,
    ["neighbours"] = NeighboursSuite.RunAsync,
};
if (args is [QueueProcess.Argument, var server, var handlerMs])
{
    await QueueProcess.WorkAsync(server, int.Parse(handlerMs, System.Globalization.CultureInfo.InvariantCulture));
    return 0;
}

if (args is not [var suite, .. var rest] || !suites.TryGetValue(suite, out var run))
{
    Console.Error.WriteLine($"Usage: dotnet run -c Release --project bench/Tiebreak.Bench -- {string.Join('|', suites.Keys)} {BenchOptions.Usage}");
    return 2;
}

BenchOptions options;
try
{
    options = BenchOptions.Read(rest);
}
catch (FormatException error)
{
    Console.Error.WriteLine(error.Message);
    return 2;
}

var folder = Directory.CreateTempSubdirectory("tiebreak-bench-").FullName;
try
{
    await using var postgres = await LocalPostgresServer.StartAsync(new LocalPostgresOptions
    {
        DataFolder = Path.Combine(folder, "data"),
        Settings = suite == "races" ? RacesSuite.Settings : options.Settings,
    });
    var environment = await BenchEnvironment.DescribeAsync(postgres, suite, rest, options);
    Console.WriteLine(string.Join('\n', environment.Select(one => $"{one.Key}: {one.Value}")));
    var report = new SuiteReport(suite, environment, Console.Out);
    await run(name => postgres.CreateDatabaseAsync(name), options, report);
    if (options.Json is { } path)
    {
        await report.SaveAsync(path);
    }

    return 0;
}
finally
{
    Directory.Delete(folder, recursive: true);
}
