using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace Tiebreak.WorkQueues;

/// <summary>
/// The ways in which a claim ends. Each statement names the claim's token: a worker whose claim is another's by now
/// changes nothing.
/// </summary>
internal sealed class ClaimEnds<TContext>(WorkerCommands<TContext> commands, bool deadLettersHoldKey)
    where TContext : DbContext
{
    private const int MaxErrorLength = 4000;

    /// <summary>Makes the job wait for its next attempt. False: the claim was lost, or the attempt took effect after all.</summary>
    public Task<bool> RetryAsync(ClaimedJob job, TimeSpan pause, string error) => EndAsync(
        table => $"""
            UPDATE {table.Name} SET state = 'ready', claim_token = NULL, claimed_until = NULL,
              run_after = clock_timestamp() + @pause, last_error = @error
            WHERE id = @id AND claim_token = @token RETURNING 1
            """,
        [.. Of(job), new("pause", NpgsqlDbType.Interval) { Value = pause }, new("error", Stored(error))]);

    /// <summary>Gives the job up. False: as above.</summary>
    public Task<bool> BuryAsync(ClaimedJob job, string error) => EndAsync(
        table => $"""
            UPDATE {table.Name} SET state = 'dead', claim_token = NULL, claimed_until = NULL,
              died_at = clock_timestamp(), last_error = @error, in_line = key IS NOT NULL AND @hold
            WHERE id = @id AND claim_token = @token RETURNING 1
            """,
        [.. Of(job), new("error", Stored(error)), new("hold", deadLettersHoldKey)]);

    /// <summary>Gives the job back as if it had not been begun. False: as above.</summary>
    public Task<bool> ReturnAsync(ClaimedJob job) => EndAsync(
        table => $"""
            WITH returned AS (
              UPDATE {table.Name} SET state = 'ready', claim_token = NULL, claimed_until = NULL, attempts = attempts - 1
              WHERE id = @id AND claim_token = @token RETURNING queue
            ) SELECT pg_notify('{WakeCall.Channel}', queue)::text FROM returned
            """,
        Of(job));

    private static NpgsqlParameter[] Of(ClaimedJob job) => [new("id", job.Id), new("token", job.Token)];

    /// <summary>A text of PostgreSQL holds no U+0000, and a cut must not halve a character.</summary>
    private static string Stored(string error)
    {
        var text = error.Replace('\0', ' ');
        if (text.Length <= MaxErrorLength)
        {
            return text;
        }

        return text[..(char.IsHighSurrogate(text[MaxErrorLength - 1]) ? MaxErrorLength - 1 : MaxErrorLength)];
    }

    private async Task<bool> EndAsync(Func<JobsTable, string> sql, IReadOnlyList<NpgsqlParameter> parameters) =>
        (await commands.ReadAsync(sql, static _ => true, parameters, CancellationToken.None).ConfigureAwait(false)).Count > 0;
}
