using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Tiebreak.WorkQueues;

/// <summary>
/// A queue seen from one context: for dashboards, alarms, and whoever looks after dead letters. Made by
/// <see cref="WorkQueueExtensions.WorkQueue"/>.
/// </summary>
#pragma warning disable CA1711 // It is a queue.
public sealed class WorkQueue
#pragma warning restore CA1711
{
    private readonly DbContext _context;
    private readonly JobsTable _table;

    internal WorkQueue(DbContext context, string name, JobsTable table) => (_context, Name, _table) = (context, name, table);

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its jobs, not tracked; to be filtered and projected like any query. Done ones are not among them.</summary>
    public IQueryable<QueuedJob> Jobs => _context.Set<QueuedJob>().AsNoTracking().Where(job => job.Queue == Name);

    /// <summary>Its dead letters, the longest enqueued first.</summary>
    public IQueryable<QueuedJob> DeadLetters => Jobs.Where(job => job.State == JobState.Dead).OrderBy(job => job.Position);

    /// <summary>Counts its jobs by state. One statement that reads the whole queue: for a look now and then.</summary>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<QueueCounts> CountAsync(CancellationToken cancellationToken = default)
    {
        var counts = await ReadAsync(
            $"""
            SELECT count(*) FILTER (WHERE state = 'ready' AND run_after <= clock.now), count(*) FILTER (WHERE state = 'ready' AND run_after > clock.now),
              count(*) FILTER (WHERE state = 'running'), count(*) FILTER (WHERE state = 'dead'),
              max(clock.now - greatest(run_after, enqueued_at)) FILTER (WHERE state = 'ready' AND run_after <= clock.now)
            FROM {_table.Name}, (SELECT statement_timestamp() AS now) AS clock WHERE queue = @queue
            """,
            static row => new QueueCounts(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.IsDBNull(4) ? null : row.GetFieldValue<TimeSpan>(4)),
            [],
            cancellationToken).ConfigureAwait(false);
        return counts[0];
    }

    /// <summary>The keys with the longest lines, the longest first.</summary>
    /// <param name="take">How many keys at most, 1 or more.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public async Task<IReadOnlyList<KeyBacklog>> BacklogByKeyAsync(int take = 20, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(take, 1);
        return await ReadAsync(
            $"""
            SELECT key, count(*) FILTER (WHERE state = 'ready') AS waiting, bool_or(state = 'running'), bool_or(state = 'dead'), statement_timestamp() - min(enqueued_at)
            FROM {_table.Name} WHERE queue = @queue AND in_line GROUP BY key ORDER BY waiting DESC, key LIMIT @take
            """,
            static row => new KeyBacklog(row.GetString(0), row.GetInt64(1), row.GetBoolean(2), row.GetBoolean(3), row.GetFieldValue<TimeSpan>(4)),
            [new("take", take)],
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes a dead letter ready again, with all of its attempts, at its old place in its key's line: before those that
    /// were enqueued after it and still wait.
    /// </summary>
    /// <param name="id">The job.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <returns>False when the queue has no dead letter of that id.</returns>
    public async Task<bool> RequeueAsync(Guid id, CancellationToken cancellationToken = default) =>
        await RequeueAsync(" AND id = @id", [new("id", id)], cancellationToken).ConfigureAwait(false) > 0;

    /// <summary>Makes every dead letter of the queue ready again, as <see cref="RequeueAsync(Guid, CancellationToken)"/> does with one.</summary>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <returns>How many.</returns>
    public Task<int> RequeueAllAsync(CancellationToken cancellationToken = default) => RequeueAsync(string.Empty, [], cancellationToken);

    /// <summary>Deletes a dead letter. Where it held its key back, the later jobs go on.</summary>
    /// <param name="id">The job.</param>
    /// <param name="cancellationToken">Ends the statement.</param>
    /// <returns>False when the queue has no dead letter of that id.</returns>
    public async Task<bool> DiscardAsync(Guid id, CancellationToken cancellationToken = default) => await ChangeAsync(
        $"DELETE FROM {_table.Name} WHERE queue = @queue AND state = 'dead' AND id = @id", [new("id", id)], cancellationToken).ConfigureAwait(false) > 0;

    private Task<int> RequeueAsync(string which, NpgsqlParameter[] parameters, CancellationToken cancellationToken) => ChangeAsync(
        $"""
        UPDATE {_table.Name} SET state = 'ready', attempts = 0, run_after = clock_timestamp(), died_at = NULL, in_line = key IS NOT NULL
        WHERE queue = @queue AND state = 'dead'{which}
        """,
        parameters,
        cancellationToken);

    /// <summary>Changes rows and wakes workers, in one statement and so in one transaction.</summary>
    private async Task<int> ChangeAsync(string change, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        var changed = await ReadAsync(
            $"WITH changed AS ({change} RETURNING queue) SELECT count(*)::int, pg_notify('{WakeCall.Channel}', @queue)::text FROM changed",
            static row => row.GetInt32(0),
            parameters,
            cancellationToken).ConfigureAwait(false);
        return changed[0];
    }

    private async Task<List<TRow>> ReadAsync<TRow>(string sql, Func<DbDataReader, TRow> read, NpgsqlParameter[] parameters, CancellationToken cancellationToken) =>
        await JobCommands.ReadAsync(_context, sql, read, [new("queue", Name), .. parameters], cancellationToken).ConfigureAwait(false);
}
