using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Tiebreak.Transactions;

namespace Tiebreak.WorkQueues;

/// <summary>
/// Deletes the job and commits, in one round trip. Where the claim is another's by now, nothing is deleted, and the
/// statement fails on purpose: what stands behind a failed statement is not run, COMMIT included.
/// </summary>
internal sealed class CompletingWrite(DbContext context, ClaimedJob job) : ICommittingWrite
{
    private const string Lost = "tiebreak_claim_lost_";

    private DbCommand? _command;

    public void Prepare() => _command = JobCommands.Command(
        context,
        $"""
        WITH done AS (DELETE FROM {JobsTable.Of(context).Name} WHERE id = @id AND claim_token = @token RETURNING 1)
        SELECT CASE WHEN count(*) = 1 THEN 1 ELSE ('{Lost}' || count(*))::integer END FROM done;
        COMMIT
        """,
        [new NpgsqlParameter("id", job.Id), new NpgsqlParameter("token", job.Token)]);

    /// <exception cref="ClaimLostException">The claim is not this worker's any more.</exception>
    public async Task SendAsync()
    {
        await using (_command!.ConfigureAwait(false))
        {
            try
            {
                await _command!.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InvalidTextRepresentation && error.MessageText.Contains(Lost, StringComparison.Ordinal))
            {
                throw new ClaimLostException(job.Id, error);
            }
        }
    }
}
