namespace Tiebreak.WorkQueues;

/// <summary>The statement that claims jobs.</summary>
internal static class ClaimSql
{
    /// <summary>How many keys' lines one statement looks at; a queue with more of them is gone through in several.</summary>
    public const int KeysAtOnce = 1000;

    /// <summary>
    /// Takes the head of each key's line, jumping from key to key in the index, so that the length of a line costs
    /// nothing; then the jobs without a key, oldest first. A head that runs, waits or is held by a concurrent claim is
    /// passed over.
    /// </summary>
    /// <remarks>
    /// A statement decides on its snapshot. A lower place than the head's may become visible after it (a slow
    /// transaction's insert, a requeued dead letter), and then two claims would each take a head of one key. The
    /// unique index over running jobs refuses the second; its claim fails with 23505 and looks again.
    /// A line's head that was completed since the snapshot is gone, or its row changed: SKIP LOCKED checks the
    /// conditions of the changed row again
    /// (https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED), and its successor is found
    /// by the next claim.
    /// </remarks>
    public static string Text(JobsTable table) => $"""
        WITH RECURSIVE line(key, id) AS (
          (SELECT key, id FROM {table.Name} WHERE queue = @queue AND in_line AND key > @after ORDER BY key, position LIMIT 1)
          UNION ALL
          SELECT next.key, next.id FROM line CROSS JOIN LATERAL (
            SELECT key, id FROM {table.Name} WHERE queue = @queue AND in_line AND key > line.key ORDER BY key, position LIMIT 1) AS next
        ), heads AS MATERIALIZED (
          SELECT key, id FROM line LIMIT {KeysAtOnce}
        ), keyed AS MATERIALIZED (
          SELECT job.id FROM heads JOIN {table.Name} AS job ON job.id = heads.id
          WHERE job.state = 'ready' AND job.run_after <= statement_timestamp() AND (job.attempts = 0 OR NOT @fresh)
            AND NOT EXISTS (SELECT FROM {table.Name} AS busy WHERE busy.queue = @queue AND busy.key = heads.key AND busy.state = 'running')
          ORDER BY heads.key LIMIT @count FOR UPDATE OF job SKIP LOCKED
        ), keyless AS MATERIALIZED (
          SELECT id FROM {table.Name}
          WHERE queue = @queue AND key IS NULL AND state = 'ready' AND run_after <= statement_timestamp() AND (attempts = 0 OR NOT @fresh)
          ORDER BY run_after, position LIMIT @count FOR UPDATE SKIP LOCKED
        ), chosen AS MATERIALIZED (
          SELECT id, row_number() OVER () AS turn, @keyed_first AS first FROM keyed
          UNION ALL
          SELECT id, row_number() OVER (), NOT @keyed_first FROM keyless
          ORDER BY turn, first DESC LIMIT @count
        ), claimed AS (
          UPDATE {table.Name} AS job
          SET state = 'running', attempts = attempts + 1, claim_token = @token, claimed_until = clock_timestamp() + @lease
          FROM chosen WHERE job.id = chosen.id
          RETURNING job.id, job.key, job.payload, job.attempts, job.enqueued_at
        )
        SELECT claimed.id, claimed.key, claimed.payload, claimed.attempts, claimed.enqueued_at,
          (SELECT count(*)::int FROM heads) AS visited, (SELECT max(key) FROM heads) AS last_key
        FROM (VALUES (0)) AS once LEFT JOIN claimed ON true
        """;
}
