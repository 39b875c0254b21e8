// The owner of a server, for tests that kill it: starts one over the folder of its first argument, and counts rows up
// for as long as it lives. Each line it prints is a fact that was true before it was printed.
using System.Globalization;
using Npgsql;
using Tiebreak.LocalPostgres;

using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    interrupted.Cancel();
};

await using var server = await LocalPostgresServer.StartAsync(new LocalPostgresOptions { DataFolder = args[0] });
await using var source = NpgsqlDataSource.Create(server.ConnectionString);
await ExecuteAsync("CREATE TABLE IF NOT EXISTS counted (n int PRIMARY KEY)");
Say($"server {server.ProcessId}");

await using var highest = source.CreateCommand("SELECT coalesce(max(n), 0) FROM counted");
var next = (int)(await highest.ExecuteScalarAsync())! + 1;
while (!interrupted.IsCancellationRequested)
{
    await ExecuteAsync($"INSERT INTO counted VALUES ({next})");
    Say($"committed {next++}");
}

// What an orderly stop still has to write.
await ExecuteAsync($"INSERT INTO counted VALUES ({next})");
Say($"drained {next}");

async Task ExecuteAsync(string sql)
{
    await using var command = source.CreateCommand(sql);
    await command.ExecuteNonQueryAsync();
}

static void Say(FormattableString line)
{
    Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
    Console.Out.Flush();
}
