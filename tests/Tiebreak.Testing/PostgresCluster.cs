using Tiebreak.LocalPostgres;

namespace Tiebreak.Testing;

/// <summary>
/// One PostgreSQL for a test run: <c>[assembly: AssemblyFixture(typeof(PostgresCluster))]</c>.
/// Set TIEBREAK_TEST_DATABASE to a connection string of a superuser to use a server that already runs.
/// </summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "tiebreak-tests-" + Guid.NewGuid().ToString("n")[..12]);
    private LocalPostgresServer? _server;
    private int _databases;

    public LocalPostgresServer Server => _server ?? throw new InvalidOperationException("The cluster is not started.");

    public async ValueTask InitializeAsync() => _server = await LocalPostgresServer.StartAsync(new LocalPostgresOptions
    {
        ConnectionString = Environment.GetEnvironmentVariable("TIEBREAK_TEST_DATABASE"),
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

    /// <summary>Makes an empty database for one test class.</summary>
    public Task<string> CreateDatabaseAsync(string prefix = "t") =>
        Server.CreateDatabaseAsync($"{prefix}_{Environment.ProcessId}_{Interlocked.Increment(ref _databases)}");

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        // The server keeps its data elsewhere when its user cannot reach the folder.
        foreach (var folder in new[] { _folder, _server?.DataFolder }.Where(Directory.Exists))
        {
            Directory.Delete(folder!, recursive: true);
        }
    }
}
