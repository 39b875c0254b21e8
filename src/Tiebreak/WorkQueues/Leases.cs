using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace Tiebreak.WorkQueues;

/// <summary>Keeps the claims of living workers, and takes those of lost ones.</summary>
internal sealed class Leases<TContext>(WorkerCommands<TContext> commands, string queue, QueueWorkerOptions options)
    where TContext : DbContext
{
    /// <summary>
    /// Renews the leases of these claims in one statement and returns those that are still this worker's. A
    /// row that is locked is being completed or taken over right now: it is not waited for, and counts by what is
    /// committed.
    /// </summary>
    public async Task<IReadOnlySet<(Guid Id, Guid Token)>> RenewAsync(IReadOnlyCollection<ClaimedJob> claims, CancellationToken cancellationToken)
    {
        var kept = await commands.ReadAsync(
            table => $"""
                WITH claim AS (
                  SELECT * FROM unnest(@ids, @tokens) AS claim(id, token)
                ), held AS (
                  SELECT job.id FROM {table.Name} AS job JOIN claim ON job.id = claim.id AND job.claim_token = claim.token FOR UPDATE OF job SKIP LOCKED
                ), renewed AS (
                  UPDATE {table.Name} AS job SET claimed_until = clock_timestamp() + @lease FROM held WHERE job.id = held.id
                )
                SELECT job.id, job.claim_token FROM {table.Name} AS job JOIN claim ON job.id = claim.id AND job.claim_token = claim.token
                """,
            static row => (row.GetGuid(0), row.GetGuid(1)),
            [
                new NpgsqlParameter<Guid[]>("ids", [.. claims.Select(claim => claim.Id)]),
                new NpgsqlParameter<Guid[]>("tokens", [.. claims.Select(claim => claim.Token)]),
                new NpgsqlParameter("lease", NpgsqlDbType.Interval) { Value = options.Lease },
            ],
            cancellationToken).ConfigureAwait(false);
        return kept.ToHashSet();
    }

    /// <summary>
    /// Makes jobs ready again whose lease has ended; those that have used up their attempts are dead letters. A job that
    /// kills its worker each time ends there too.
    /// </summary>
    /// <returns>How many leases had ended.</returns>
    public async Task<int> ReclaimAsync()
    {
        var lost = await commands.ReadAsync(
            table => $"""
                WITH lost AS (
                  SELECT id FROM {table.Name} WHERE queue = @queue AND state = 'running' AND claimed_until < statement_timestamp() FOR UPDATE SKIP LOCKED
                )
                UPDATE {table.Name} AS job SET
                  state = CASE WHEN attempts >= @attempts THEN 'dead' ELSE 'ready' END,
                  died_at = CASE WHEN attempts >= @attempts THEN clock_timestamp() END,
                  in_line = key IS NOT NULL AND (attempts < @attempts OR @hold),
                  claim_token = NULL, claimed_until = NULL,
                  last_error = 'Attempt ' || attempts || ' did not end: its worker was lost, or was paused for longer than its lease.'
                FROM lost WHERE job.id = lost.id RETURNING 1
                """,
            static _ => 1,
            [new("queue", queue), new("attempts", options.MaxAttempts), new("hold", options.DeadLettersHoldKey)],
            CancellationToken.None).ConfigureAwait(false);
        return lost.Count;
    }
}
