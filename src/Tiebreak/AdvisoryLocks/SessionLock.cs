using System.Globalization;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.AdvisoryLocks;

/// <summary>One call below <see cref="AdvisoryLockSessionExtensions"/>: a connection of its own, then keys in order.</summary>
internal sealed class SessionLock(IReadOnlyList<AdvisoryKey> keys, AdvisoryLockOptions? given)
{
    private const int ServerFirstSeconds = 5;

    // Those that would end a session which is idle while it holds a lock, or a wait that was allowed to be longer.
    // Older versions do not know all of them.
    private const string Configure =
        "SELECT pg_catalog.set_config(s.name, v.value, false) FROM unnest($1::text[], $2::text[]) AS v(name, value) JOIN pg_catalog.pg_settings s ON s.name = v.name";

    private readonly AdvisoryLockOptions _options = given ?? AdvisoryLockOptions.Default;
    private readonly long _begun = TimeProvider.System.GetTimestamp();

    /// <returns>The handle; null when others hold a key, and the caller only tries.</returns>
    public async Task<AdvisoryLockHandle?> TakeAsync(NpgsqlConnection connection, bool isTry, CancellationToken cancellationToken)
    {
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            await RefusePoolerAsync(connection, cancellationToken).ConfigureAwait(false);
            await ConfigureAsync(connection, cancellationToken).ConfigureAwait(false);
            if (await LockAsync(connection, isTry, cancellationToken).ConfigureAwait(false))
            {
                return new AdvisoryLockHandle(connection, keys, _options.Mode);
            }
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await EndAsync(connection).ConfigureAwait(false);
            return isTry
                ? null
                : throw new LockTimeoutException(attempts: 1, TimeProvider.System.GetElapsedTime(_begun), error) { Keys = AdvisoryKeys.Names(keys) };
        }
        catch
        {
            await EndAsync(connection).ConfigureAwait(false);
            throw;
        }

        await EndAsync(connection).ConfigureAwait(false);
        return null;
    }

    /// <summary>Lets everything go that the session holds. A connection that does not answer is closed by the caller.</summary>
    public static async Task GiveBackAsync(NpgsqlConnection connection, int seconds)
    {
        try
        {
            var command = new NpgsqlCommand("SELECT pg_catalog.pg_advisory_unlock_all()", connection) { CommandTimeout = seconds };
            await using (command.ConfigureAwait(false))
            {
                await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or OperationCanceledException)
        {
            // The lock ends with the connection.
        }
    }

    /// <summary>A timed-out or cancelled wait may have got its lock in the same moment: it is given back before the close.</summary>
    private static async Task EndAsync(NpgsqlConnection connection)
    {
        if (connection.FullState.HasFlag(System.Data.ConnectionState.Open))
        {
            await GiveBackAsync(connection, ServerFirstSeconds).ConfigureAwait(false);
        }

        await connection.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// A pooler makes up the process number that it tells its client at the start, since the server behind it changes.
    /// Asked before anything is locked: a lock would stay on a connection that others are given.
    /// </summary>
    private async Task RefusePoolerAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (_options.ThroughSessionPooler)
        {
            return;
        }

        var command = new NpgsqlCommand("SELECT pg_catalog.pg_backend_pid()", connection);
        await using (command.ConfigureAwait(false))
        {
            var pid = (int)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
            if (pid != connection.ProcessID)
            {
                throw new AdvisoryLockNotPossibleException(
                    $"A connection pooler stands before the server (the connection was told process {connection.ProcessID}, and {pid} answers). Where it hands out connections for less than a session, two would hold '{string.Join("', '", keys)}' at once. Connect to the server directly for this lock; or take it inside a transaction, db.AdvisoryLockAsync(...), which is safe there; or, if the pooler is in session mode, set ThroughSessionPooler.");
            }
        }
    }

    private async Task ConfigureAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var keepAlive = ((int)_options.KeepAlive.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["statement_timeout"] = "0",
            ["idle_session_timeout"] = "0",
            ["tcp_keepalives_idle"] = keepAlive,
            ["tcp_keepalives_interval"] = keepAlive,
            ["tcp_keepalives_count"] = "3",
        };
        if (_options.Wait is { } wait)
        {
            settings["lock_timeout"] = ((long)wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }

        var command = new NpgsqlCommand(Configure, connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = settings.Keys.ToArray() });
            command.Parameters.Add(new NpgsqlParameter { Value = settings.Values.ToArray() });
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> LockAsync(NpgsqlConnection connection, bool isTry, CancellationToken cancellationToken)
    {
        var text = AdvisoryFunctions.Session(_options.Mode, isTry && _options.Wait is null);
        var batch = new NpgsqlBatch(connection)
        {
            // The server counts the wait; the driver comes after it, and without a bound not at all.
            Timeout = _options.Wait is { } wait ? (int)Math.Ceiling(wait.TotalSeconds * keys.Count) + ServerFirstSeconds : 0,
        };
        await using (batch.ConfigureAwait(false))
        {
            foreach (var key in keys)
            {
                new SqlStatement(text, key.Value).AddTo(batch);
            }

            var isHeld = true;
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                do
                {
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        isHeld &= reader.GetFieldType(0) != typeof(bool) || reader.GetBoolean(0);
                    }
                }
                while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false));
            }

            return isHeld;
        }
    }
}
