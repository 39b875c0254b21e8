using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Support;

/// <summary>A server with a database of its own, for the tests of one class.</summary>
public class ServerFixture(PostgresCluster cluster) : IAsyncLifetime
{
    private ServerUnderTest? _server;

    public ServerUnderTest Server => _server ?? throw new InvalidOperationException("The server is not started.");

    public ApiClient Api => Server.Api;

    /// <summary>The time that the server decides at: the real one, set forward by as much as a test says.</summary>
    public ServerTime Time { get; private set; } = null!;

    /// <summary>How many requests "many" are: as many as the contract's own tests ask for, unless a guard is slow by its nature.</summary>
    public virtual int Many => 1_000;

    public string ConnectionString { get; private set; } = string.Empty;

    public async ValueTask InitializeAsync()
    {
        ConnectionString = await cluster.CreateDatabaseAsync("server");
        Time = new ServerTime(ConnectionString);
        _server = await ServerUnderTest.StartAsync(ConnectionString, Time, builder =>
        {
            // How fast this machine is today is not what these tests are about.
            builder.Configuration["Guard:LockWait"] = "00:01:00";
            builder.Configuration["Guard:QueueWait"] = "00:05:00";
            Configure(builder.Configuration);
        }, replace: Replace);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Settings that differ.</summary>
    protected virtual void Configure(IConfiguration configuration)
    {
    }

    /// <summary>Services that differ.</summary>
    protected virtual void Replace(IServiceCollection services)
    {
    }
}
