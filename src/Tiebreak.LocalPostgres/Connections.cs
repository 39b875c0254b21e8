using Npgsql;

namespace Tiebreak.LocalPostgres;

/// <summary>Connection strings of a private server, and what is asked over them.</summary>
internal static class Connections
{
    internal static string To(int port, string database, string password) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Database = database,
        Username = ClusterFolder.Owner,
        Password = password,
        ApplicationName = "tiebreak",
        // Nothing leaves the machine. Should another program take the port while the server is away, it learns no password.
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
        RequireAuth = "ScramSHA256",
    }.ConnectionString;

    /// <summary>The same server and role; a connection of one's own, closed after use.</summary>
    internal static string Unpooled(string connectionString, string? database = null)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        builder.Database = database ?? builder.Database;
        return builder.ConnectionString;
    }

    /// <summary>Connects once and returns the server's version.</summary>
    internal static async Task<Version> AskVersionAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(Unpooled(connectionString));
        await connection.OpenAsync(cancellationToken);
        return connection.PostgreSqlVersion;
    }

    internal static async Task ExecuteAsync(string connectionString, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(Unpooled(connectionString));
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Whether trying again may help: nobody listens yet, or the server is starting, recovering or stopping.</summary>
    internal static bool IsNotReadyYet(NpgsqlException error) =>
        error is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow }
        || (error is not PostgresException && error.IsTransient);
}
