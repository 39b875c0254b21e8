using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;
using Tiebreak.Transactions;

namespace Tiebreak.WorkQueues;

/// <summary>
/// Claims jobs for one worker, each key in its turn: where the last claim ended, the next one begins, so that no key
/// keeps the others waiting. Used by one task at a time.
/// </summary>
internal sealed class Claims<TContext>(WorkerCommands<TContext> commands, string queue, TimeSpan lease)
    where TContext : DbContext
{
    private const int Tries = 5;

    private string _after = string.Empty;
    private bool _keyedFirst = true;

    /// <summary>
    /// Claims so many jobs at most, only those that were never begun where so asked. Not to be cancelled: a claim whose answer was not heard keeps its jobs from
    /// everybody until its lease ends.
    /// </summary>
    public async Task<IReadOnlyList<ClaimedJob>> TakeAsync(int count, bool onlyFresh = false)
    {
        var jobs = new List<ClaimedJob>();
        var wrapped = _after.Length == 0;
        while (true)
        {
            ClaimResult found;
            try
            {
                found = await TryTakeAsync(count - jobs.Count, onlyFresh).ConfigureAwait(false);
            }
            catch (Exception) when (jobs.Count > 0)
            {
                // Those of the rounds before are claimed: to let go of them would keep them from everybody until their
                // lease ends. An error that stays comes again with the next claim.
                return jobs;
            }

            jobs.AddRange(found.Jobs);
            if (jobs.Count == count)
            {
                _after = found.Jobs.Select(job => job.Key).Max(StringComparer.Ordinal) ?? _after;
                return jobs;
            }

            if (found.KeysVisited == ClaimSql.KeysAtOnce)
            {
                _after = found.LastKey!;
                continue;
            }

            _after = string.Empty;
            if (wrapped)
            {
                return jobs;
            }

            wrapped = true;
        }
    }

    private async Task<ClaimResult> TryTakeAsync(int count, bool onlyFresh)
    {
        _keyedFirst = !_keyedFirst;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TakeOnceAsync(count, onlyFresh).ConfigureAwait(false);
            }
            catch (Exception exception) when (LostToAnother(exception))
            {
                // Another worker took a job of the same key, or the same two keys the other way round. It has
                // committed or will: the next look sees it. One that meets others each time leaves it to a later turn.
                if (attempt == Tries)
                {
                    return new ClaimResult([], 0, null);
                }
            }
        }
    }

    private static bool LostToAnother(Exception exception) =>
        SqlStates.Find(exception) is { SqlState: PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DeadlockDetected };

    private async Task<ClaimResult> TakeOnceAsync(int count, bool onlyFresh)
    {
        var token = Guid.NewGuid();
        var rows = await commands.ReadAsync(ClaimSql.Text, row => Read(row, token), [
            new("queue", queue),
            new("after", _after),
            new("count", count),
            new("fresh", onlyFresh),
            new("keyed_first", _keyedFirst),
            new("token", token),
            new("lease", NpgsqlDbType.Interval) { Value = lease },
        ], CancellationToken.None).ConfigureAwait(false);
        return new ClaimResult([.. rows.Where(row => row.Job is not null).Select(row => row.Job!)], rows[0].Visited, rows[0].LastKey);
    }

    private static (ClaimedJob? Job, int Visited, string? LastKey) Read(DbDataReader row, Guid token)
    {
        var job = row.IsDBNull(0)
            ? null
            : new ClaimedJob(row.GetGuid(0), token, row.IsDBNull(1) ? null : row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetFieldValue<DateTimeOffset>(4));
        return (job, row.GetInt32(5), row.IsDBNull(6) ? null : row.GetString(6));
    }
}
