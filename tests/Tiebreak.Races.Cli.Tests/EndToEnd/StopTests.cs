using System.Diagnostics;
using Npgsql;
using Tiebreak.Testing;

namespace Tiebreak.Races.Cli.Tests.EndToEnd;

/// <summary>Ctrl-C, or a pipeline that is cancelled, in the middle of an exploration.</summary>
public sealed class StopTests(PostgresCluster cluster) : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_leaves_no_private_PostgreSQL_and_no_file_and_is_3(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The signals are those of Unix.");
        _folder.Write("race.json", Scenarios.Endless());

        await using var explore = CommandProcess.Start(_folder, "explore", "race.json", "--brute-force", "--budget", "1h");
        await explore.UntilErrorsContainAsync("exploring: ");
        await StopAsync(explore, signal);

        Assert.True(explore.ExitCode == 3, explore.ToString());
        Assert.Contains("Stopped. Nothing is known; this is not a pass.", explore.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Temporary));
        Assert.DoesNotContain(CommandLines(), line => line.Contains(_folder.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_signal_drops_the_scratch_databases_of_a_server_that_goes_on()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The signals are those of Unix.");

        // A role of its own: what other tests make meanwhile belongs to another one.
        var role = "stopped_" + Guid.NewGuid().ToString("n");
        var connectionString = await cluster.CreateDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(connectionString);
        await ExecuteAsync(source, $"CREATE ROLE {role} LOGIN CREATEDB PASSWORD 'secret'");
        _folder.Write("race.json", Scenarios.Endless(WorkFolder.DatabaseMember(new NpgsqlConnectionStringBuilder(connectionString) { Username = role, Password = "secret" }.ConnectionString)));

        await using var explore = CommandProcess.Start(_folder, "explore", "race.json", "--brute-force", "--budget", "1h");
        await explore.UntilErrorsContainAsync("exploring: ");
        Assert.Equal(1, await DatabasesAsync(source, role));
        await StopAsync(explore, "INT");

        Assert.True(explore.ExitCode == 3, explore.ToString());
        Assert.Equal(0, await DatabasesAsync(source, role));
        await ExecuteAsync(source, $"DROP ROLE {role}");
    }

    private static async Task StopAsync(CommandProcess explore, string signal)
    {
        Assert.SkipWhen(signal == "INT" && IgnoresInterrupt(explore.Id), "The process that runs the tests ignores SIGINT, and so does what it starts. Run them in a foreground shell.");
        using var kill = Process.Start("kill", ["-" + signal, $"{explore.Id}"]);
        await explore.UntilEndAsync();
    }

    private static bool IgnoresInterrupt(int process)
    {
        var status = $"/proc/{process}/status";
        var mask = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) : null;
        return mask is not null && (Convert.ToUInt64(mask["SigIgn:".Length..].Trim(), 16) & 0b10) != 0;
    }

    private static async Task<long> DatabasesAsync(NpgsqlDataSource source, string owner)
    {
        await using var command = source.CreateCommand("SELECT count(*) FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE rolname = $1");
        command.Parameters.AddWithValue(owner);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static IEnumerable<string> CommandLines()
    {
        foreach (var process in Directory.GetDirectories("/proc").Where(path => path.AsSpan(6).ContainsAnyInRange('0', '9')))
        {
            string line;
            try
            {
                line = File.ReadAllText(Path.Combine(process, "cmdline"));
            }
            catch (IOException)
            {
                // It has ended meanwhile.
                continue;
            }

            yield return line;
        }
    }
}
