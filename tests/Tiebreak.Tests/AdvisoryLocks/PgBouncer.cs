using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.AdvisoryLocks;

/// <summary>A real PgBouncer before the test's database. It ends with this process, however that ends.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    public const string Missing = "pgbouncer is not installed: apt-get install pgbouncer";

    private static readonly string? Binary = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Append("/usr/sbin").Select(folder => Path.Combine(folder, "pgbouncer")).FirstOrDefault(File.Exists);

    private readonly DirectoryInfo _folder;
    private readonly Process _process;

    private PgBouncer(DirectoryInfo folder, Process process, string connectionString)
    {
        _folder = folder;
        _process = process;
        ConnectionString = connectionString;
    }

    public static bool IsInstalled => Binary is not null;

    /// <summary>What a client of a pooler sets: Npgsql's own reset between uses makes no sense there.</summary>
    public string ConnectionString { get; }

    public static async Task<PgBouncer> StartAsync(StockDatabase database, string mode, int servers = 4)
    {
        var server = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var folder = Directory.CreateTempSubdirectory("tiebreak-pgbouncer-");
        var port = FreePort();
        var file = Path.Combine(folder.FullName, "pgbouncer.ini");
        await File.WriteAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $"""
            [databases]
            {server.Database} = host=127.0.0.1 port={server.Port} dbname={server.Database} user={server.Username} password={server.Password}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = {mode}
            default_pool_size = {servers}
            max_client_conn = 200
            """));
        var process = Launch(file, await OtherUserAsync(folder, file));
        var connectionString = new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            Host = "127.0.0.1",
            Port = port,
            NoResetOnClose = true,
            RequireAuth = null,
        }.ConnectionString;
        var bouncer = new PgBouncer(folder, process, connectionString);
        await bouncer.UntilReadyAsync();
        return bouncer;
    }

    public async ValueTask DisposeAsync()
    {
        // Its standard input is the pipe on which its life hangs.
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>PgBouncer refuses to run as root: the file with the password goes to nobody, and so does the process.</summary>
    private static async Task<string[]> OtherUserAsync(DirectoryInfo folder, string file)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return [];
        }

        using var chown = Process.Start("chown", ["-R", "65534:65534", folder.FullName]);
        await chown.WaitForExitAsync();
        Assert.True(chown.ExitCode == 0, "chown failed for " + file);
        return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
    }

    private static Process Launch(string file, string[] prefix)
    {
        // It keeps nothing that a kill could lose; its gentler signals wait for clients, and differ between versions.
        const string Supervised = "exec 3<&0; \"$@\" </dev/null & p=$!; (cat <&3 >/dev/null; kill -KILL $p) 2>/dev/null & wait $p";
        string[] command = [.. prefix, "sh", "-c", Supervised, "pgbouncer", Binary!, "-q", file];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        var process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private async Task UntilReadyAsync()
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException error) when (error is not PostgresException && watch.Elapsed < TimeSpan.FromSeconds(20) && !_process.HasExited)
            {
                await Task.Delay(20);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
