using Tiebreak.Bench;
using Tiebreak.LocalPostgres;

// Everything is compared within one run, in interleaved rounds: on a shared machine only ratios hold.
if (args is not ["grown", ..])
{
    Console.Error.WriteLine("Usage: dotnet run -c Release --project bench/Tiebreak.Bench -- grown [--records N] [--rounds N]");
    return 2;
}

var records = Number("--records", 1_000_000);
var rounds = Number("--rounds", 15);
var folder = Directory.CreateTempSubdirectory("tiebreak-bench-").FullName;
try
{
    await using var postgres = await LocalPostgresServer.StartAsync(new LocalPostgresOptions { DataFolder = Path.Combine(folder, "data") });
    Console.WriteLine($"PostgreSQL {postgres.ServerVersion}, fsync and synchronous_commit on, {Environment.ProcessorCount} cores, .NET {Environment.Version}");
    await new GrownSuite(await postgres.CreateDatabaseAsync("grown"), records, rounds).RunAsync(Console.Out);
    return 0;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

int Number(string option, int otherwise)
{
    var at = Array.IndexOf(args, option);
    return at >= 0 && at + 1 < args.Length && int.TryParse(args[at + 1], out var number) && number > 0 ? number : otherwise;
}
