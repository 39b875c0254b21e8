using System.Security.Cryptography;
using Npgsql;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Resetting;

/// <summary>Where a scratch database is, and whether it is one that was made here. Only such a one is ever dropped.</summary>
internal sealed class ScratchPlace
{
    private readonly string? _server;
    private readonly string _name;

    private readonly ScratchRole? _role;

    private ScratchPlace(string? server, string connectionString, string name, ScratchRole? role)
    {
        _server = server;
        _name = name;
        _role = role;
        ConnectionString = connectionString;
    }

    public string ConnectionString { get; }

    /// <summary>For scripts and actors: of a role of its own, where one could be made.</summary>
    public string UserConnectionString => _role?.In(ConnectionString) ?? ConnectionString;

    /// <summary>Whether it was made here.</summary>
    public bool IsOwn => _server is not null;

    public static ScratchPlace Adopt(string connectionString)
    {
        var name = new NpgsqlConnectionStringBuilder(connectionString).Database;
        return string.IsNullOrEmpty(name) || name is "postgres" or "template0" or "template1"
            ? throw new RaceException($"The connection string must name a database that may be overwritten; it names {(string.IsNullOrEmpty(name) ? "none" : name)}.")
            : new ScratchPlace(null, connectionString, name, null);
    }

    public static async Task<ScratchPlace> CreateAsync(string server, string? template, bool superuser, CancellationToken cancellationToken)
    {
        var name = "tiebreak_race_" + RandomNumberGenerator.GetHexString(12, lowercase: true);
        ScratchRole? role = null;
        try
        {
            role = superuser || template is not null ? null : await ScratchRole.MakeAsync(Once(server), name, cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(server, $"CREATE DATABASE {name}" + (role is null ? "" : $" OWNER {role.Name}") + (template is null ? "" : $" TEMPLATE {template}"), cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException error)
        {
            throw new RaceException(
                error.SqlState switch
                {
                    PostgresErrorCodes.InsufficientPrivilege => $"The role may not create databases: {error.MessageText}. Give it CREATEDB, or connect as another one.",
                    PostgresErrorCodes.ObjectInUse => $"A database cannot be copied while others are connected to it: {error.MessageText}.",
                    _ => $"No scratch database could be made: {error.SqlState} {error.MessageText}.",
                },
                error);
        }
        catch (NpgsqlException error)
        {
            throw new RaceException($"The server could not be reached: {error.Message}", error);
        }

        return new ScratchPlace(server, new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString, name, role);
    }

    public Task<ScratchPlace> CloneAsync(CancellationToken cancellationToken) => _server is null
        ? throw new RaceException("A database that was adopted is not cloned: the application is connected to it.")
        : CreateAsync(_server, _name, superuser: true, cancellationToken);

    /// <summary>Runs something in a session of its own as the actors' role; it may change the session's settings.</summary>
    public async Task RunAsync(Func<NpgsqlConnection, Task> use, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(Once(UserConnectionString));
        await using var disposed = connection.ConfigureAwait(false);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync("SET synchronous_commit = off", cancellationToken).ConfigureAwait(false);
        await use(connection).ConfigureAwait(false);
    }

    /// <summary>Drops it, if it was made here, and cuts off whoever is connected to it.</summary>
    public async Task DropAsync()
    {
        try
        {
            if (_server is not null)
            {
                await ExecuteAsync(_server, $"DROP DATABASE IF EXISTS {_name} WITH (FORCE)", CancellationToken.None).ConfigureAwait(false);
                if (_role is not null)
                {
                    await ExecuteAsync(_server, $"DROP ROLE IF EXISTS {_role.Name}", CancellationToken.None).ConfigureAwait(false);
                }
            }
        }
        catch (NpgsqlException exception) when (exception is not PostgresException)
        {
            // The server is gone, and has been told of as the reason why nothing is known.
        }
    }

    private static async Task ExecuteAsync(string server, string sql, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(Once(server));
        await using var disposed = connection.ConfigureAwait(false);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(sql, cancellationToken).ConfigureAwait(false);
    }

    private static string Once(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, IncludeErrorDetail = true }.ConnectionString;
}
