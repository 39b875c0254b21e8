using Microsoft.Extensions.Logging;
using Npgsql;
using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Storage;

public sealed class ConcurrentStartTests(PostgresCluster cluster)
{
    [Fact]
    public async Task Servers_that_start_at_once_on_an_empty_database_migrate_it_once_and_without_an_error()
    {
        var connectionString = await cluster.CreateDatabaseAsync("together");

        var servers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => ServerUnderTest.StartAsync(connectionString))));

        try
        {
            Assert.DoesNotContain(servers.SelectMany(server => server.Log.Lines), line => line.Level >= LogLevel.Warning);
            await using var source = NpgsqlDataSource.Create(connectionString);
            await using var command = source.CreateCommand("SELECT string_agg(\"MigrationId\", ' ' ORDER BY \"MigrationId\") FROM \"__EFMigrationsHistory\"");
            Assert.Equal(
                typeof(ServerHost).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Select(name => name.Split('.')[^2]).Order(StringComparer.Ordinal),
                ((string)(await command.ExecuteScalarAsync())!).Split(' '));
            foreach (var (server, i) in servers.Select((server, i) => (server, i)))
            {
                (await server.Api.PostAsync("/v1/groups", new { name = $"Made by server {i}" })).Expect(201);
            }
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }
}
