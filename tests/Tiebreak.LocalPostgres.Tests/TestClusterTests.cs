using Npgsql;
using Tiebreak.Testing;

namespace Tiebreak.LocalPostgres.Tests;

public sealed class TestClusterTests : IDisposable
{
    private const string Databases = "SELECT string_agg(datname, ',') FROM pg_database WHERE datname LIKE 'left%'";

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Server_of_someone_else_keeps_no_database_of_a_test_run()
    {
        await using var theirs = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));
        var first = new PostgresCluster { ConnectionString = theirs.ConnectionString };
        var second = new PostgresCluster { ConnectionString = theirs.ConnectionString };
        await first.InitializeAsync();
        await second.InitializeAsync();
        await using var connected = new NpgsqlConnection(await first.CreateDatabaseAsync("left"));
        await connected.OpenAsync();

        // In the same process, so of the same number: two runs whose numbers are equal.
        await second.CreateDatabaseAsync("left");
        await first.DisposeAsync();
        await second.DisposeAsync();

        Assert.Equal("", await Servers.AskAsync<string>(theirs.ConnectionString, $"SELECT coalesce(({Databases}), '')"));
    }
}
