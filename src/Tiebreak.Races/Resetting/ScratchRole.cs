using System.Security.Cryptography;
using Npgsql;

namespace Tiebreak.Races.Resetting;

/// <summary>A role that owns one scratch database and may do nothing else: actors and whoever comes in through their gates have no superuser's rights.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Password">Drawn at random.</param>
internal sealed record ScratchRole(string Name, string Password)
{
    /// <summary>Makes one; <see langword="null"/> where the server's role is no superuser itself, or the new one could not log in.</summary>
    public static async Task<ScratchRole?> MakeAsync(string server, string name, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(server);
        await using var disposed = connection.ConfigureAwait(false);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        var ask = new NpgsqlCommand("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user", connection);
        await using var asked = ask.ConfigureAwait(false);
        if (await ask.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not true)
        {
            return null;
        }

        var role = new ScratchRole(name, RandomNumberGenerator.GetHexString(32, lowercase: true));
        await connection.ExecuteAsync($"CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD '{role.Password}'", cancellationToken).ConfigureAwait(false);
        if (await role.MayLogInAsync(server, cancellationToken).ConfigureAwait(false))
        {
            return role;
        }

        await connection.ExecuteAsync($"DROP ROLE {name}", cancellationToken).ConfigureAwait(false);
        return null;
    }

    /// <summary>The same place for this role.</summary>
    public string In(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Username = Name, Password = Password }.ConnectionString;

    // A server may let in by the name of the operating system's user only.
    private async Task<bool> MayLogInAsync(string server, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(In(server));
        await using var disposed = connection.ConfigureAwait(false);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException)
        {
            return false;
        }
    }
}
