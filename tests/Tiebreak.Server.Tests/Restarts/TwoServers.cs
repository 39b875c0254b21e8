using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Restarts;

/// <summary>Two servers that share a database and nothing else.</summary>
public sealed class TwoServers(PostgresCluster cluster) : IAsyncLifetime
{
    private readonly List<ServerUnderTest> _servers = [];

    public IReadOnlyList<ServerUnderTest> Servers => _servers;

    /// <summary>The server that the caller of this number is sent to: a load balancer that takes turns.</summary>
    public ApiClient Api(int caller) => _servers[caller % _servers.Count].Api;

    public async ValueTask InitializeAsync()
    {
        var connectionString = await cluster.CreateDatabaseAsync("two");
        for (var i = 0; i < 2; i++)
        {
            _servers.Add(await ServerUnderTest.StartAsync(connectionString, configure: builder =>
            {
                // How fast this machine is today is not what these tests are about.
                builder.Configuration["Guard:LockWait"] = "00:01:00";
                builder.Configuration["Guard:QueueWait"] = "00:05:00";
            }));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }
}
