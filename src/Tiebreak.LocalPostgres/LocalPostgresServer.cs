using Microsoft.Extensions.Logging;

namespace Tiebreak.LocalPostgres;

/// <summary>A PostgreSQL of one's own, running until it is disposed.</summary>
public sealed class LocalPostgresServer : IAsyncDisposable
{
    private LocalPostgresServer(string connectionString) => ConnectionString = connectionString;

    /// <summary>Connects to the server's default database as its owner.</summary>
    public string ConnectionString { get; }

    /// <summary>Starts a server, or takes the configured one.</summary>
    public static Task<LocalPostgresServer> StartAsync(
        LocalPostgresOptions options, ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Task.FromResult(new LocalPostgresServer(options.ConnectionString
            ?? throw new LocalPostgresException("Not built yet: set a connection string.")));
    }

    /// <summary>Makes an empty database and returns the connection string to it.</summary>
    /// <param name="name">Its name; lower-case letters, digits and underscores.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<string> CreateDatabaseAsync(string name, CancellationToken cancellationToken = default)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(ConnectionString);
        await using var command = source.CreateCommand($"CREATE DATABASE \"{name}\"");
        await command.ExecuteNonQueryAsync(cancellationToken);
        return new Npgsql.NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
