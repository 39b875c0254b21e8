using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Tiebreak.Testing;

namespace Tiebreak.Races.Cli.Tests.EndToEnd;

/// <summary>Actors that are instances of an application with pooled connections, reached over HTTP.</summary>
public sealed class HttpActorTests(PostgresCluster cluster) : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("naive", "", 1)]
    [InlineData("versioned", "\"busy\": { \"status\": [503] },", 0)]
    [InlineData("versioned", "", 1)]
    public async Task Requests_are_explored_and_a_status_may_mean_that_one_did_not_run(string way, string busy, int exitCode)
    {
        await using var alice = new PointsApplication(5);
        await using var bob = new PointsApplication(7);
        _folder.Write("race.json", $$"""
            { {{WorkFolder.DatabaseMember(await cluster.CreateDatabaseAsync())}},
              "schema": ["CREATE TABLE account (id int PRIMARY KEY, points int NOT NULL, version int NOT NULL)"],
              "given": ["INSERT INTO account VALUES (1, 0, 0)"], {{busy}}
              "actors": [
                { "name": "alice", "listen": "127.0.0.1:{{alice.DatabasePort}}", "http": { "method": "POST", "url": "{{alice.Url}}{{way}}" } },
                { "name": "bob", "listen": "127.0.0.1:{{bob.DatabasePort}}", "http": { "method": "POST", "url": "{{bob.Url}}{{way}}" } } ] }
            """);

        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json", "--json", "report.json");

        Assert.True(explore.ExitCode == exitCode, explore.ToString());
        Assert.True(_folder.Json("report.json").GetProperty("exhausted").GetBoolean(), explore.ToString());
    }

    [Theory]
    [InlineData("--no-fixes", "unknown", 3)]
    [InlineData("--allow-nothing", "holds", 0)]
    public async Task Requests_that_are_refused_in_every_order_and_change_nothing_are_3_unless_that_is_meant(string option, string verdict, int exitCode)
    {
        await using var alice = new PointsApplication(5);
        await using var bob = new PointsApplication(7);
        _folder.Write("race.json", $$"""
            { {{WorkFolder.DatabaseMember(await cluster.CreateDatabaseAsync())}},
              "schema": ["CREATE TABLE account (id int PRIMARY KEY, points int NOT NULL, version int NOT NULL)"],
              "given": ["INSERT INTO account VALUES (1, 0, 0)"],
              "actors": [
                { "name": "alice", "listen": "127.0.0.1:{{alice.DatabasePort}}", "http": { "method": "POST", "url": "{{alice.Url}}refused" } },
                { "name": "bob", "listen": "127.0.0.1:{{bob.DatabasePort}}", "http": { "method": "POST", "url": "{{bob.Url}}refused" } } ] }
            """);

        await using var explore = await CommandProcess.RunAsync(_folder, "explore", "race.json", "--json", "report.json", option);

        Assert.True(explore.ExitCode == exitCode, explore.ToString());
        Assert.StartsWith(verdict, explore.Output, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(verdict, _folder.Json("report.json").GetProperty("verdict").GetString());
    }

    /// <summary>
    /// Adds points to an account: reads, computes, writes back; where asked, only if nobody came in between, or after a
    /// look refuses whoever asks.
    /// </summary>
    private sealed class PointsApplication : IAsyncDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly NpgsqlDataSource _database;
        private readonly Task _serving;
        private readonly int _points;

        public PointsApplication(int points)
        {
            _points = points;
            DatabasePort = FreePort();
            Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}/");
            _database = NpgsqlDataSource.Create($"Host=127.0.0.1;Port={DatabasePort};Username=any;Database=any");
            _listener.Prefixes.Add(Url);
            _listener.Start();
            _serving = ServeAsync();
        }

        public int DatabasePort { get; }

        public string Url { get; }

        public async ValueTask DisposeAsync()
        {
            _listener.Close();
            await _serving;
            await _database.DisposeAsync();
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                var path = context.Request.Url!.AbsolutePath;
                context.Response.StatusCode = path == "/refused" ? await RefuseAsync() : await EarnAsync(path == "/versioned") ? 204 : 503;
                context.Response.Close();
            }
        }

        /// <summary>As an application answers whose callers' token in the dump has expired.</summary>
        private async Task<int> RefuseAsync()
        {
            await using var look = _database.CreateCommand("SELECT points FROM account WHERE id = 1");
            await look.ExecuteScalarAsync();
            return 401;
        }

        private async Task<bool> EarnAsync(bool isVersioned)
        {
            await using var connection = await _database.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var read = new NpgsqlCommand("SELECT points, version FROM account WHERE id = 1", connection);
            int points, version;
            await using (var row = await read.ExecuteReaderAsync())
            {
                await row.ReadAsync();
                (points, version) = (row.GetInt32(0), row.GetInt32(1));
            }

            await using var write = new NpgsqlCommand(
                "UPDATE account SET points = $1, version = $2 WHERE id = 1" + (isVersioned ? " AND version = $3" : ""), connection);
            write.Parameters.AddWithValue(points + _points);
            write.Parameters.AddWithValue(version + 1);
            if (isVersioned)
            {
                write.Parameters.AddWithValue(version);
            }

            var isWritten = await write.ExecuteNonQueryAsync() == 1;
            await (isWritten ? transaction.CommitAsync() : transaction.RollbackAsync());
            return isWritten;
        }

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }
}
