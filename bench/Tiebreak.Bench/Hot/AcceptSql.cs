using Npgsql;

namespace Tiebreak.Bench.Hot;

/// <summary>
/// What others would write by hand to accept an invite: the same tables, the same uniqueness, the same records as the
/// server. Each returns the number of accepts, and throws where one is refused.
/// </summary>
internal sealed class AcceptSql(NpgsqlDataSource source)
{
    private static int _users;

    public static string NewUser() => FormattableString.Invariant($"user-{Interlocked.Increment(ref _users)}");

    /// <summary>BEGIN; lock the invite; look at the membership; write; COMMIT.</summary>
    public async Task<int> RowLockAsync(string code)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var user = NewUser();
        var (generation, uses, group) = await InviteAsync(connection, code, "FOR NO KEY UPDATE");
        await NoMembershipAsync(connection, user);
        await WriteAsync(connection, code, generation, uses + 1, group, user);
        await transaction.CommitAsync();
        return 1;
    }

    /// <summary>The same without a lock, SERIALIZABLE, tried again until it comes through.</summary>
    public async Task<int> SerializableAsync(string code)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync();
                await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.Serializable);
                var user = NewUser();
                var (generation, uses, group) = await InviteAsync(connection, code, "");
                await NoMembershipAsync(connection, user);
                await WriteAsync(connection, code, generation, uses + 1, group, user);
                await transaction.CommitAsync();
                return 1;
            }
            catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DeadlockDetected)
            {
                await Backoff.AfterAsync(attempt);
            }
        }
    }

    /// <summary>Read, decide, write where the number of uses is still the one that was read; again if it is not.</summary>
    public async Task<int> OptimisticAsync(string code)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var connection = await source.OpenConnectionAsync();
            var user = NewUser();
            var (generation, uses, group) = await InviteAsync(connection, code, "");
            await using var transaction = await connection.BeginTransactionAsync();
            await using var claim = new NpgsqlCommand(
                "UPDATE invites SET uses = uses + 1, is_active = uses + 1 < max_uses WHERE code = $1 AND generation = $2 AND uses = $3 AND is_active", connection)
            {
                Parameters = { new() { Value = code }, new() { Value = generation }, new() { Value = uses } },
            };
            if (await claim.ExecuteNonQueryAsync() == 1)
            {
                await using var batch = new NpgsqlBatch(connection)
                {
                    BatchCommands = { Use(code, generation, uses + 1, user, group), Membership(user, group, code, generation) },
                };
                await batch.ExecuteNonQueryAsync();
                await transaction.CommitAsync();
                return 1;
            }

            await transaction.RollbackAsync();
            await Backoff.AfterAsync(attempt);
        }
    }

    /// <summary>Everything in one statement, which is its own transaction.</summary>
    public Task<int> OneStatementAsync(string code) => ExecuteAsync("""
        WITH taken AS (
            UPDATE invites SET uses = uses + 1, is_active = uses + 1 < max_uses
            WHERE code = $1 AND is_active AND uses < max_uses AND (expires_at IS NULL OR expires_at > now())
            RETURNING code, generation, uses, group_id),
        used AS (
            INSERT INTO invite_uses (code, generation, number, user_id, group_id, accepted_at, idempotency_key, payload_hash)
            SELECT code, generation, uses, $2, group_id, now(), $3, $4 FROM taken)
        INSERT INTO memberships (user_id, group_id, code, generation, joined_at)
        SELECT $2, group_id, code, generation, now() FROM taken
        """, code);

    /// <summary>The same as a function on the server.</summary>
    public Task<int> FunctionAsync(string code) => ExecuteAsync("SELECT bench_accept($1, $2, $3, $4)", code);

    public const string Function = """
        CREATE OR REPLACE FUNCTION bench_accept(the_code text, the_user text, the_key text, the_hash bytea) RETURNS integer LANGUAGE plpgsql AS $$
        DECLARE invite invites;
        BEGIN
            SELECT * INTO invite FROM invites WHERE code = the_code AND is_active FOR NO KEY UPDATE;
            IF NOT FOUND OR invite.uses >= invite.max_uses OR invite.expires_at <= now() THEN RAISE EXCEPTION 'refused'; END IF;
            PERFORM FROM memberships WHERE user_id = the_user;
            IF FOUND THEN RAISE EXCEPTION 'already a member'; END IF;
            UPDATE invites SET uses = uses + 1, is_active = uses + 1 < max_uses WHERE code = invite.code AND generation = invite.generation;
            INSERT INTO invite_uses VALUES (invite.code, invite.generation, invite.uses + 1, the_user, invite.group_id, now(), the_key, the_hash);
            INSERT INTO memberships VALUES (the_user, invite.group_id, invite.code, invite.generation, now());
            RETURN invite.uses + 1;
        END $$;
        """;

    private async Task<int> ExecuteAsync(string sql, string code)
    {
        var user = NewUser();
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(new() { Value = code });
        command.Parameters.Add(new() { Value = user });
        command.Parameters.Add(new() { Value = user });
        command.Parameters.Add(new() { Value = new byte[32] });
        await command.ExecuteNonQueryAsync();
        return 1;
    }

    private static async Task<(int Generation, int Uses, Guid Group)> InviteAsync(NpgsqlConnection connection, string code, string @lock)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT generation, uses, group_id, max_uses, expires_at FROM invites WHERE code = $1 AND is_active {@lock}", connection)
        {
            Parameters = { new() { Value = code } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() && reader.GetInt32(1) < reader.GetInt32(3)
            ? (reader.GetInt32(0), reader.GetInt32(1), reader.GetGuid(2))
            : throw new InvalidOperationException("Refused.");
    }

    private static async Task NoMembershipAsync(NpgsqlConnection connection, string user)
    {
        await using var command = new NpgsqlCommand("SELECT group_id FROM memberships WHERE user_id = $1", connection) { Parameters = { new() { Value = user } } };
        if (await command.ExecuteScalarAsync() is not null)
        {
            throw new InvalidOperationException("Already a member.");
        }
    }

    private static async Task WriteAsync(NpgsqlConnection connection, string code, int generation, int number, Guid group, string user)
    {
        var invite = new NpgsqlBatchCommand("UPDATE invites SET uses = $3, is_active = $3 < max_uses WHERE code = $1 AND generation = $2")
        {
            Parameters = { new() { Value = code }, new() { Value = generation }, new() { Value = number } },
        };
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { Use(code, generation, number, user, group), Membership(user, group, code, generation), invite },
        };
        await batch.ExecuteNonQueryAsync();
    }

    private static NpgsqlBatchCommand Use(string code, int generation, int number, string user, Guid group) => new(
        "INSERT INTO invite_uses (code, generation, number, user_id, group_id, accepted_at, idempotency_key, payload_hash) VALUES ($1, $2, $3, $4, $5, now(), $4, $6)")
    {
        Parameters = { new() { Value = code }, new() { Value = generation }, new() { Value = number }, new() { Value = user }, new() { Value = group }, new() { Value = new byte[32] } },
    };

    private static NpgsqlBatchCommand Membership(string user, Guid group, string code, int generation) => new(
        "INSERT INTO memberships (user_id, group_id, code, generation, joined_at) VALUES ($1, $2, $3, $4, now())")
    {
        Parameters = { new() { Value = user }, new() { Value = group }, new() { Value = code }, new() { Value = generation } },
    };
}
