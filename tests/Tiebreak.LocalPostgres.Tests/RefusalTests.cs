using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tiebreak.LocalPostgres.Tests;

/// <summary>Servers that do not let their owner in: each is a <see cref="LocalPostgresException"/> that says what to do.</summary>
public sealed class RefusalTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Configured_host_that_does_not_resolve_is_named_as_the_cause()
    {
        var error = await RefusedAsync("Host=no-such-host.invalid;Username=x", TimeSpan.FromSeconds(2));
        Assert.Contains("The configured PostgreSQL cannot be used", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configured_server_that_keeps_silent_is_given_up_within_the_start_timeout()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        var waited = Stopwatch.StartNew();

        var error = await RefusedAsync(string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Username=x"), TimeSpan.FromSeconds(1));

        Assert.Contains("did not answer within 00:00:01", error.Message, StringComparison.Ordinal);
        Assert.True(waited.Elapsed >= TimeSpan.FromSeconds(0.9));
    }

    [Theory]
    [InlineData("reject")]
    [InlineData("trust")]
    public async Task Own_server_that_refuses_its_owner_is_told_what_pg_hba_conf_needs(string method)
    {
        await (await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data))).DisposeAsync();
        var rules = Path.Combine(_folder.Data, "pgdata", "pg_hba.conf");
        await File.WriteAllTextAsync(rules, $"host all all 127.0.0.1/32 {method}\n");

        var error = await Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgresServer.StartAsync(Servers.Over(_folder.Data)));

        Assert.Contains("pg_hba.conf", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder.Data, "pgdata", "postmaster.pid")));
    }

    private static Task<LocalPostgresException> RefusedAsync(string connectionString, TimeSpan limit) =>
        Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgresServer.StartAsync(
            new LocalPostgresOptions { ConnectionString = connectionString, StartTimeout = limit }));
}
