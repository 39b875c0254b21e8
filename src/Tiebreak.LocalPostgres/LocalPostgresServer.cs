using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Tiebreak.LocalPostgres;

/// <summary>
/// A PostgreSQL of one's own, running until it is disposed or its process ends, however it ends.
/// All members may be used from several threads at once.
/// </summary>
/// <remarks>
/// The server listens on 127.0.0.1 only and asks for a generated password. Should it end by itself it is started again
/// on the same port: connections break, <see cref="ConnectionString"/> stays valid, and nothing committed is lost
/// unless <see cref="LocalPostgresOptions.Settings"/> gave that up. On Windows a killed owner leaves its server behind
/// until the next start over the same folder.
/// </remarks>
/// <example>
/// <code>
/// await using var server = await LocalPostgresServer.StartAsync(new LocalPostgresOptions());
/// await using var source = NpgsqlDataSource.Create(server.ConnectionString);
/// </code>
/// </example>
public sealed class LocalPostgresServer : IAsyncDisposable
{
    private const string DefaultDatabase = "tiebreak";

    private readonly KeptServer? _server;
    private readonly OwnerLock? _owner;
    private readonly ILogger _logger;
    private readonly Lazy<Task> _stop;

    private LocalPostgresServer(string connectionString, Version version, ILogger logger, KeptServer? server, OwnerLock? owner, string? folder)
    {
        ConnectionString = connectionString;
        ServerVersion = version;
        DataFolder = folder;
        _server = server;
        _owner = owner;
        _logger = logger;
        _stop = new Lazy<Task>(StopAsync);
    }

    /// <summary>Connects to the server's default database as its owner; with a configured server, as was configured.</summary>
    public string ConnectionString { get; }

    /// <summary>The server's version.</summary>
    public Version ServerVersion { get; }

    /// <summary>
    /// The folder that really holds the cluster: another than the one asked for when the user that the server runs as
    /// cannot reach that one. <see langword="null"/> when a configured server is used.
    /// </summary>
    public string? DataFolder { get; }

    /// <summary>The server's process now; <see langword="null"/> when a configured server is used, or none runs.</summary>
    public int? ProcessId => _server?.ProcessId;

    /// <summary>Starts a server, or takes the configured one.</summary>
    /// <param name="options">What to start, and where.</param>
    /// <param name="logger">Told when the server starts, recovers, is started again and stops.</param>
    /// <param name="cancellationToken">Ends the start; nothing is left running then.</param>
    /// <exception cref="LocalPostgresException">
    /// An option is out of its range, no PostgreSQL was found, the folder cannot be used or is used by another process, or the server did not start.
    /// </exception>
    public static async Task<LocalPostgresServer> StartAsync(
        LocalPostgresOptions options, ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        logger ??= NullLogger.Instance;
        options.Check();
        if (options.ConnectionString is not null)
        {
            var version = await ConfiguredServer.WaitForAsync(options.ConnectionString, options.StartTimeout, cancellationToken);
            return new LocalPostgresServer(options.ConnectionString, version, logger, null, null, null);
        }

        var user = await ServerUser.DefaultAsync(cancellationToken);
        var place = await ClusterPlace.ChooseAsync(
            Path.GetFullPath(options.DataFolder), ClusterPlace.OpenRoot, user, logger, cancellationToken);
        var owner = OwnerLock.Take(place.Folder, TimeProvider.System);
        try
        {
            await place.User.TakeFromRootAsync(ClusterPlace.DataIn(place.Folder), cancellationToken);
            return await StartAsync(options, new ClusterFolder(place.Folder, place.User), owner, logger, cancellationToken);
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    /// <summary>Makes an empty database and returns the connection string to it.</summary>
    /// <param name="name">Its name: a lower-case letter or underscore, then lower-case letters, digits and underscores, 63 at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">The name has another form.</exception>
    /// <exception cref="LocalPostgresException">There is a database of that name.</exception>
    public async Task<string> CreateDatabaseAsync(string name, CancellationToken cancellationToken = default)
    {
        DatabaseName.Check(name);
        try
        {
            await Connections.ExecuteAsync(ConnectionString, $"CREATE DATABASE \"{name}\"", cancellationToken);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            throw new LocalPostgresException($"There is a database {name} already. Take another name, or drop it first.", error);
        }

        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Drops a database, if there is one of that name, and cuts off whoever is connected to it.</summary>
    /// <param name="name">Its name, of the form that <see cref="CreateDatabaseAsync"/> asks for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">The name has another form.</exception>
    public async Task DropDatabaseAsync(string name, CancellationToken cancellationToken = default)
    {
        DatabaseName.Check(name);
        await Connections.ExecuteAsync(ConnectionString, $"DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)", cancellationToken);
    }

    /// <summary>Stops the server, cutting off its clients, and gives the folder free. A configured server is left alone.</summary>
    public ValueTask DisposeAsync() => new(_stop.Value);

    private static async Task<LocalPostgresServer> StartAsync(
        LocalPostgresOptions options, ClusterFolder folder, OwnerLock owner, ILogger logger, CancellationToken cancellationToken)
    {
        var took = Stopwatch.StartNew();
        var launch = await ServerLaunch.PrepareAsync(options, folder, cancellationToken);
        var server = await KeptServer.StartAsync(launch, logger, cancellationToken);
        try
        {
            await MakeDefaultDatabaseAsync(launch.ConnectionString(server.Port, "postgres"), cancellationToken);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        logger.LogInformation(
            "PostgreSQL {Version} runs on 127.0.0.1:{Port} as {User}, process {Process}, data in {Folder}; ready after {Milliseconds} ms",
            launch.Binaries.Version, server.Port, folder.User.Name, server.ProcessId, folder.Path, took.ElapsedMilliseconds);
        return new LocalPostgresServer(
            launch.ConnectionString(server.Port, DefaultDatabase), server.Version, logger, server, owner, folder.Path);
    }

    private static async Task MakeDefaultDatabaseAsync(string connectionString, CancellationToken cancellationToken)
    {
        try
        {
            await Connections.ExecuteAsync(connectionString, $"CREATE DATABASE \"{DefaultDatabase}\"", cancellationToken);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // Every start but the first.
        }
    }

    private async Task StopAsync()
    {
        if (_server is null)
        {
            return;
        }

        try
        {
            await _server.DisposeAsync();
        }
        finally
        {
            _owner!.Dispose();
        }

        _logger.LogInformation("PostgreSQL of {Folder} is stopped", DataFolder);
    }
}
