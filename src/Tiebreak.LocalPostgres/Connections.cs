using System.Net.Sockets;
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

    /// <summary>Connects once and returns the server's version.</summary>
    /// <param name="connectionString">The server.</param>
    /// <param name="patienceSeconds">How long a program that took the port, and is no server, may keep silent.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    internal static async Task<Version> AskVersionAsync(string connectionString, int patienceSeconds, CancellationToken cancellationToken)
    {
        var once = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = patienceSeconds };
        await using var connection = new NpgsqlConnection(once.ConnectionString);
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
    internal static bool IsNotReadyYet(Exception error) => error switch
    {
        PostgresException refusal => refusal.SqlState == PostgresErrorCodes.CannotConnectNow,
        NpgsqlException failure => failure.IsTransient,
        SocketException failure => failure.SocketErrorCode != SocketError.HostNotFound,
        _ => error is TimeoutException,
    };

    /// <summary>The same server and role; a connection of one's own, closed after use.</summary>
    private static string Unpooled(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;
}
