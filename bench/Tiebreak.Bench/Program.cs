using System.Globalization;
using Tiebreak.Bench.Grown;
using Tiebreak.Bench.Hot;
using Tiebreak.Bench.Measuring;
using Tiebreak.Bench.Reports;
using Tiebreak.Bench.Spread;
using Tiebreak.LocalPostgres;

// Everything is compared within one run, in interleaved rounds: on a shared machine only ratios hold.
var suites = new Dictionary<string, Func<string, BenchOptions, SuiteReport, Task>>(StringComparer.Ordinal)
{
    ["hot"] = HotSuite.RunAsync,
    ["spread"] = SpreadSuite.RunAsync,
    ["grown"] = (connectionString, options, _) => new GrownSuite(connectionString, options.Records, options.Rounds).RunAsync(Console.Out),
};
if (args is not [var suite, .. var rest] || !suites.TryGetValue(suite, out var run))
{
    Console.Error.WriteLine($"Usage: dotnet run -c Release --project bench/Tiebreak.Bench -- {string.Join('|', suites.Keys)} [--json FILE] [--seconds N] [--rounds N] [--callers N,N] [--keys N,N] [--records N]");
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
        Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["max_connections"] = "300" },
    });
    var environment = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["postgresql"] = postgres.ServerVersion.ToString(),
        ["durability"] = "fsync and synchronous_commit on",
        ["cores"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        ["dotnet"] = Environment.Version.ToString(),
        ["rounds"] = string.Create(CultureInfo.InvariantCulture, $"{options.Rounds} of {options.RoundLength.TotalSeconds:0.##} s for each contender, interleaved, medians"),
    };
    Console.WriteLine($"PostgreSQL {environment["postgresql"]}, {environment["durability"]}, {environment["cores"]} cores, .NET {environment["dotnet"]}; {environment["rounds"]}");
    var report = new SuiteReport(suite, environment, Console.Out);
    await run(await postgres.CreateDatabaseAsync("bench"), options, report);
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
