using System.Net;
using System.Net.Sockets;
using Npgsql;
using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Restarts;

/// <summary>What an operator sees when something around the server is wrong.</summary>
public sealed class BadStartTests(PostgresCluster cluster)
{
    [Fact]
    public async Task A_dead_database_is_said_calls_get_503_and_the_server_recovers_when_it_comes()
    {
        var real = new NpgsqlConnectionStringBuilder(await cluster.CreateDatabaseAsync("dead"));
        await using var door = new Door(real.Host!, real.Port);
        await using var server = await ServerUnderTest.StartAsync(
            new NpgsqlConnectionStringBuilder(real.ConnectionString) { Host = "127.0.0.1", Port = door.Port }.ConnectionString, waitUntilReady: false);

        Assert.Equal("503 database-unavailable", (await server.Api.GetAsync("/health/ready")).Kind);
        Assert.Equal(200, (await server.Api.GetAsync("/health/live")).Status);
        Assert.Equal("503 database-unavailable", (await server.Api.PostAsync("/v1/groups", new { name = "Chess" })).Kind);
        Assert.Equal(200, (await server.Api.GetAsync("/")).Status);
        await Eventually.TrueAsync(() => Task.FromResult(server.Log.Lines.Any(line => line.Text.Contains("ConnectionStrings:Tiebreak", StringComparison.Ordinal))), "the log says what to check");

        door.Open();
        await server.UntilReadyAsync();
        (await server.Api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201);
        Assert.Single(server.Log.Lines, line => line.Text.Contains("ConnectionStrings:Tiebreak", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_password_is_said_and_calls_get_503()
    {
        var wrong = new NpgsqlConnectionStringBuilder(await cluster.CreateDatabaseAsync("password")) { Password = "wrong" };
        await using var server = await ServerUnderTest.StartAsync(wrong.ConnectionString, waitUntilReady: false);

        await Eventually.TrueAsync(() => Task.FromResult(server.Log.Lines.Any(line => line.Text.Contains("password authentication failed", StringComparison.Ordinal) && line.Text.Contains("ConnectionStrings:Tiebreak", StringComparison.Ordinal))), "the log names the password and the setting");
        Assert.Equal("503 database-unavailable", (await server.Api.PostAsync("/v1/groups", new { name = "Chess" })).Kind);
        Assert.DoesNotContain(server.Log.Lines, line => line.Text.Contains("Password=wrong", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_port_in_use_ends_the_start_with_what_to_do()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using var server = ServerProcess.Start(
            "--urls", $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}", "--ConnectionStrings:Tiebreak", await cluster.CreateDatabaseAsync("port"));

        Assert.Equal(2, await server.UntilEndAsync());
        Assert.Contains("choose another address with --urls", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_written_ends_the_start_with_what_to_do()
    {
        // Root may write anywhere but where the kernel has nothing to write to.
        await using var server = ServerProcess.Start("--urls", $"http://127.0.0.1:{FreePort.Find()}", "--LocalPostgres:DataFolder", "/proc/tiebreak");

        Assert.Equal(2, await server.UntilEndAsync());
        Assert.Contains("The data folder /proc/tiebreak cannot be written", server.Output, StringComparison.Ordinal);
        Assert.Contains("Give it to that user, or give another DataFolder", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_server_on_one_data_folder_is_told_who_holds_it()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        await using var first = ServerProcess.Start("--urls", $"http://127.0.0.1:{FreePort.Find()}", "--LocalPostgres:DataFolder", data);
        await first.UntilSaysAsync("The database is ready");

        await using var second = ServerProcess.Start("--urls", $"http://127.0.0.1:{FreePort.Find()}", "--LocalPostgres:DataFolder", data);

        Assert.Equal(2, await second.UntilEndAsync());
        Assert.Contains($"is already used by process {first.Id} (", second.Output, StringComparison.Ordinal);
    }

    /// <summary>A port that refuses connections until it is opened, and then leads to the real server.</summary>
    private sealed class Door(string host, int port) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _closed = new();
        private Task _listening = Task.CompletedTask;

        public int Port { get; } = FreePort.Find();

        public void Open() => _listening = ListenAsync();

        public async ValueTask DisposeAsync()
        {
            await _closed.CancelAsync();
            await _listening;
            _closed.Dispose();
        }

        private async Task ListenAsync()
        {
            using var listener = new TcpListener(IPAddress.Loopback, Port);
            listener.Start();
            var passing = new List<Task>();
            try
            {
                while (true)
                {
                    passing.Add(PassAsync(await listener.AcceptTcpClientAsync(_closed.Token)));
                }
            }
            catch (OperationCanceledException)
            {
                await Task.WhenAll(passing);
            }
        }

        private async Task PassAsync(TcpClient client)
        {
            using (client)
            using (var server = new TcpClient())
            {
                try
                {
                    await server.ConnectAsync(host, port, _closed.Token);
                    await Task.WhenAny(
                        client.GetStream().CopyToAsync(server.GetStream(), _closed.Token),
                        server.GetStream().CopyToAsync(client.GetStream(), _closed.Token));
                }
                catch (Exception exception) when (exception is IOException or OperationCanceledException or SocketException)
                {
                    // Either side is gone, and so is the way between them.
                }
            }
        }
    }
}
