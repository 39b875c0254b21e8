using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Tiebreak.Bench.Grown;
using Tiebreak.Bench.Measuring;
using Tiebreak.LocalPostgres;

namespace Tiebreak.Bench.Hosting;

/// <summary>What a reader has to know about the machine and the run.</summary>
internal static class BenchEnvironment
{
    private const int Commits = 100;

    /// <param name="postgres">The server that is measured on; it is asked, so that nothing is claimed that is not set.</param>
    /// <param name="suite">What is run.</param>
    /// <param name="arguments">How it was asked for.</param>
    /// <param name="options">What that means.</param>
    public static async Task<IReadOnlyDictionary<string, string>> DescribeAsync(
        LocalPostgresServer postgres, string suite, IReadOnlyList<string> arguments, BenchOptions options)
    {
        await using var source = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync("environment"));
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["command"] = string.Join(' ', ["dotnet run -c Release --project bench/Tiebreak.Bench --", suite, .. WithoutJson(arguments)]),
            ["cores"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
            ["memory"] = string.Create(CultureInfo.InvariantCulture, $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024d * 1024 * 1024):0} GiB"),
            ["dotnet"] = Environment.Version.ToString(),
            ["postgresql"] = postgres.ServerVersion.ToString(),
            ["fsync"] = await ShowAsync(source, "fsync"),
            ["synchronousCommit"] = await ShowAsync(source, "synchronous_commit"),
            ["commitMs"] = (await CommitMsAsync(source)).ToString("0.00", CultureInfo.InvariantCulture),
            ["rounds"] = suite switch
            {
                "grown" => string.Create(CultureInfo.InvariantCulture, $"{options.Rounds} rounds of {GrownSuite.CallsPerRound} calls"),
                "races" => string.Create(CultureInfo.InvariantCulture, $"{options.Rounds} rounds"),
                _ => string.Create(CultureInfo.InvariantCulture, $"{options.Rounds} rounds of {options.RoundLength.TotalSeconds:0.##} s"),
            },
        };
        if (options.FlushMs > 0)
        {
            environment.Add("flushMs", options.FlushMs.ToString(CultureInfo.InvariantCulture));
        }

        return environment;
    }

    /// <summary>The file's name is no part of how it was measured.</summary>
    private static IEnumerable<string> WithoutJson(IReadOnlyList<string> arguments) =>
        arguments.Where((argument, i) => argument != "--json" && (i == 0 || arguments[i - 1] != "--json"));

    private static async Task<string> ShowAsync(NpgsqlDataSource source, string setting)
    {
        await using var command = source.CreateCommand($"SHOW {setting}");
        return (string)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>What a transaction of one row takes here, most of which is the flush to disk: it is what a row lock's queue is made of.</summary>
    private static async Task<double> CommitMsAsync(NpgsqlDataSource source)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var make = new NpgsqlCommand("CREATE TABLE commits (number integer)", connection);
        await make.ExecuteNonQueryAsync();
        await using var insert = new NpgsqlCommand("INSERT INTO commits VALUES (1)", connection);
        await insert.PrepareAsync();
        var ms = new List<double>();
        for (var i = 0; i < Commits; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            await insert.ExecuteNonQueryAsync();
            ms.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        return Sample.Middle(ms);
    }
}
