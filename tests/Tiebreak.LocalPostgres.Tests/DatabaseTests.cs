using Npgsql;

namespace Tiebreak.LocalPostgres.Tests;

public sealed class DatabaseTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Databases_are_made_once_and_dropped_with_someone_connected()
    {
        await using var server = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));
        var connectionString = await server.CreateDatabaseAsync("scratch_1");
        var twice = await Assert.ThrowsAsync<LocalPostgresException>(() => server.CreateDatabaseAsync("scratch_1"));
        Assert.Contains("scratch_1 already", twice.Message, StringComparison.Ordinal);

        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await server.DropDatabaseAsync("scratch_1");
        await server.DropDatabaseAsync("scratch_1");

        var gone = await Assert.ThrowsAsync<PostgresException>(() => Servers.AskAsync<int>(connectionString, "SELECT 1"));
        Assert.Equal(PostgresErrorCodes.InvalidCatalogName, gone.SqlState);
    }

    [Fact]
    public async Task Names_that_would_need_escaping_are_refused()
    {
        await using var server = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));
        foreach (var name in new[] { "", "Upper", "1st", "a-b", "a\"; DROP DATABASE tiebreak; --", "a\n", new string('a', 64) })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => server.CreateDatabaseAsync(name));
            await Assert.ThrowsAsync<ArgumentException>(() => server.DropDatabaseAsync(name));
        }

        await server.CreateDatabaseAsync(new string('a', 63));
    }

    [Fact]
    public async Task Configured_server_is_used_and_nothing_is_started()
    {
        await using var theirs = await LocalPostgresServer.StartAsync(Servers.Over(_folder.Data));
        var folder = Path.Combine(_folder.Path, "unused");
        var configured = await LocalPostgresServer.StartAsync(
            new LocalPostgresOptions { ConnectionString = theirs.ConnectionString, DataFolder = folder });

        Assert.Null(configured.ProcessId);
        Assert.Null(configured.DataFolder);
        Assert.Equal(theirs.ServerVersion, configured.ServerVersion);
        Assert.True(await Servers.AnswersAsync(await configured.CreateDatabaseAsync("over_there")));
        await configured.DisposeAsync();

        Assert.False(Directory.Exists(folder));
        Assert.True(await Servers.AnswersAsync(theirs.ConnectionString));
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=x", "cannot be used")]
    [InlineData("Hast=127.0.0.1", "cannot be read")]
    public async Task Configured_server_that_cannot_be_used_is_named_as_the_cause(string connectionString, string message)
    {
        var error = await Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgresServer.StartAsync(
            new LocalPostgresOptions { ConnectionString = connectionString, StartTimeout = TimeSpan.FromMilliseconds(300) }));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
