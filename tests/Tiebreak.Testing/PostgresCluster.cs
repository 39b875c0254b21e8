using System.Collections.Concurrent;
using System.Security.Cryptography;
using Tiebreak.LocalPostgres;

namespace Tiebreak.Testing;

/// <summary>
/// One PostgreSQL for a test run: <c>[assembly: AssemblyFixture(typeof(PostgresCluster))]</c>.
/// Set TIEBREAK_TEST_DATABASE to a connection string of a superuser to use a server that already runs.
/// </summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "tiebreak-tests-" + Guid.NewGuid().ToString("n")[..12]);

    // On a server that outlives the run a process' number would not tell two runs apart.
    private readonly string _run = RandomNumberGenerator.GetHexString(8, lowercase: true);
    private readonly ConcurrentBag<string> _databases = [];
    private LocalPostgresServer? _server;
    private int _number;

    /// <summary>The server to use; <see langword="null"/> starts one.</summary>
    public string? ConnectionString { get; init; } = Environment.GetEnvironmentVariable("TIEBREAK_TEST_DATABASE");

    public LocalPostgresServer Server => _server ?? throw new InvalidOperationException("The cluster is not started.");

    public async ValueTask InitializeAsync() => _server = await LocalPostgresServer.StartAsync(new LocalPostgresOptions
    {
        ConnectionString = ConnectionString,
        DataFolder = _folder,
        // A test that kills the server asks for a cluster of its own; these lose nothing that a test looks at.
        Settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["fsync"] = "off",
            ["synchronous_commit"] = "off",
            ["full_page_writes"] = "off",
            ["max_connections"] = "400",
        },
    });

    /// <summary>Makes an empty database for one test class; dropped with the cluster's disposal.</summary>
    public Task<string> CreateDatabaseAsync(string prefix = "t")
    {
        var name = $"{prefix}_{_run}_{Interlocked.Increment(ref _number)}";
        _databases.Add(name);
        return Server.CreateDatabaseAsync(name);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            // A private server goes with all of its data.
            foreach (var database in ConnectionString is null ? [] : _databases)
            {
                await _server.DropDatabaseAsync(database);
            }

            await _server.DisposeAsync();
        }

        // The server keeps its data elsewhere when its user cannot reach the folder.
        foreach (var folder in new[] { _folder, _server?.DataFolder }.Where(Directory.Exists))
        {
            Directory.Delete(folder!, recursive: true);
        }
    }
}
