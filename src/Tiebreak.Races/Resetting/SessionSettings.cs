using Npgsql;

namespace Tiebreak.Races.Resetting;

/// <summary>Settings of a scratch database and of the sessions that look after it.</summary>
internal static class SessionSettings
{
    /// <summary>Values are printed the same everywhere; a lock that a run left behind ends a reset instead of hanging it.</summary>
    public const string Control = """
        SET timezone = 'UTC';
        SET datestyle = 'ISO, YMD';
        SET intervalstyle = 'postgres';
        SET extra_float_digits = 1;
        SET bytea_output = 'hex';
        SET lock_timeout = '3s';
        SET statement_timeout = 0;
        SET synchronous_commit = off;
        SET jit = off;
        SET synchronize_seqscans = off;
        SET default_transaction_isolation = 'read committed';
        SET default_transaction_read_only = off;
        """;

    public const string Replica = "SET session_replication_role = replica;";

    // Short deadlock_timeout: a deadlock is found in milliseconds. The others make runs faster and alike, and change no isolation.
    private static readonly string[] OfDatabase = ["deadlock_timeout = '5ms'", "synchronous_commit = off", "jit = off", "synchronize_seqscans = off"];

    /// <summary>Whether this role may write without triggers and foreign keys.</summary>
    public static async Task<bool> MayBeReplicaAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.ExecuteAsync("SET session_replication_role = replica; SET session_replication_role = origin;", cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return false;
        }
    }

    /// <summary>For sessions that begin from now on; what the role may not set stays as it is.</summary>
    public static async Task ApplyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var setting in OfDatabase)
        {
            try
            {
                await connection.ExecuteAsync($"ALTER DATABASE {SqlText.Name(connection.Database)} SET {setting}", cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                continue;
            }
        }
    }

    /// <summary>Takes <see cref="ApplyAsync"/> back.</summary>
    public static Task RemoveAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => connection.ExecuteAsync(
        string.Concat(OfDatabase.Select(setting => $"ALTER DATABASE {SqlText.Name(connection.Database)} RESET {setting.Split(' ')[0]};")), cancellationToken);
}
