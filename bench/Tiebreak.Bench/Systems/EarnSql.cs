using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tiebreak.Server.Points;

namespace Tiebreak.Bench.Systems;

/// <summary>
/// What others would write by hand to earn points by rules: lock the account, read its program and what it has done so
/// far, judge, write, COMMIT. The rules are judged by the server's own pure function, so that the records are the same.
/// </summary>
internal sealed class EarnSql(NpgsqlDataSource source)
{
    public async Task<int> ByRulesAsync(string accountId, EarnFacts facts, string key)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var (program, balance, lifetime, entries) = await LockAsync(connection, accountId);
        var (rules, history) = await StandingAsync(connection, accountId, program);
        var earned = PointsRules.Evaluate(rules, facts, history, lifetime, TimeProvider.System.GetUtcNow()) ?? throw new InvalidOperationException("Over the limit.");
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("UPDATE accounts SET balance = $2, lifetime = $3, entries = $4 WHERE id = $1")
                {
                    Parameters = { new() { Value = accountId }, new() { Value = balance + earned.Points }, new() { Value = lifetime + earned.Points }, new() { Value = entries + 1 } },
                },
                Progress(accountId, program, earned.History),
                Entry(accountId, program, entries + 1, balance + earned.Points, earned, key),
            },
        };
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        return 1;
    }

    private static async Task<(string Program, long Balance, long Lifetime, long Entries)> LockAsync(NpgsqlConnection connection, string accountId)
    {
        await using var command = new NpgsqlCommand("SELECT program_id, balance, lifetime, entries FROM accounts WHERE id = $1 FOR NO KEY UPDATE", connection)
        {
            Parameters = { new() { Value = accountId } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync()
            ? (reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3))
            : throw new InvalidOperationException("No such account.");
    }

    private static async Task<(IReadOnlyList<PointsRule> Rules, EarnHistory History)> StandingAsync(NpgsqlConnection connection, string accountId, string program)
    {
        await using var command = new NpgsqlCommand("""
            SELECT program.rules, progress.last_earned_on, progress.streak_days, progress.day_points, progress.month_points
            FROM programs AS program LEFT JOIN account_progress AS progress ON progress.account_id = $1 AND progress.program_id = program.id
            WHERE program.id = $2
            """, connection)
        {
            Parameters = { new() { Value = accountId }, new() { Value = program } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        if (!await reader.ReadAsync())
        {
            throw new InvalidOperationException("No such program.");
        }

        var rules = JsonSerializer.Deserialize(reader.GetString(0), PointsJson.Default.IReadOnlyListPointsRule)!;
        var history = await reader.IsDBNullAsync(1)
            ? EarnHistory.None
            : new EarnHistory(reader.GetFieldValue<DateOnly>(1), reader.GetInt32(2), reader.GetInt64(3), reader.GetInt64(4));
        return (rules, history);
    }

    private static NpgsqlBatchCommand Progress(string accountId, string program, EarnHistory history) => new("""
        INSERT INTO account_progress (account_id, program_id, last_earned_on, streak_days, day_points, month_points) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (account_id, program_id) DO UPDATE
        SET last_earned_on = excluded.last_earned_on, streak_days = excluded.streak_days, day_points = excluded.day_points, month_points = excluded.month_points
        """)
    {
        Parameters =
        {
            new() { Value = accountId },
            new() { Value = program },
            new() { Value = history.LastEarnedOn!.Value },
            new() { Value = history.StreakDays },
            new() { Value = history.DayPoints },
            new() { Value = history.MonthPoints },
        },
    };

    private static NpgsqlBatchCommand Entry(string accountId, string program, long sequence, long balance, PointsRules.Evaluation earned, string key) => new("""
        INSERT INTO entries (account_id, sequence, id, kind, points, balance_after, program_id, earned_on, breakdown, created_at, idempotency_key, payload_hash)
        VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, now(), $9, $10)
        """)
    {
        Parameters =
        {
            new() { Value = accountId },
            new() { Value = sequence },
            new() { Value = Guid.NewGuid() },
            new() { Value = earned.Points },
            new() { Value = balance },
            new() { Value = program },
            new() { Value = earned.History.LastEarnedOn!.Value },
            new() { Value = JsonSerializer.Serialize(earned.Breakdown, PointsJson.Default.IReadOnlyListRuleShare), NpgsqlDbType = NpgsqlDbType.Jsonb },
            new() { Value = key },
            new() { Value = new byte[32] },
        },
    };
}
