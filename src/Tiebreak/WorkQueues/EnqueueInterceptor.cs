using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace Tiebreak.WorkQueues;

/// <summary>
/// Gives jobs that are saved together their places in the order of the calls, and wakes workers after the save. In the
/// caller's transaction PostgreSQL delivers a NOTIFY at its commit, and never after a rollback
/// (https://www.postgresql.org/docs/current/sql-notify.html).
/// </summary>
internal sealed class EnqueueInterceptor : SaveChangesInterceptor
{
    public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        if (Unplaced(eventData) is { } jobs)
        {
            SetPlaces(eventData.Context!, jobs, Places(eventData.Context!, jobs.Count).ToList());
        }

        return result;
    }

    public override async ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        if (Unplaced(eventData) is { } jobs)
        {
            SetPlaces(eventData.Context!, jobs, await Places(eventData.Context!, jobs.Count).ToListAsync(cancellationToken).ConfigureAwait(false));
        }

        return result;
    }

    public override int SavedChanges(SaveChangesCompletedEventData eventData, int result)
    {
        if (Queues(eventData) is { Length: > 0 } queues)
        {
            try
            {
                eventData.Context!.Database.ExecuteSqlRaw(WakeCall.Sql, WakeCall.Channel, queues);
            }
            catch (Exception exception) when (IsOnlyAHint(eventData.Context!, exception))
            {
                // The jobs are committed; workers find them when they poll.
            }
        }

        return result;
    }

    public override async ValueTask<int> SavedChangesAsync(
        SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        if (Queues(eventData) is { Length: > 0 } queues)
        {
            try
            {
                await eventData.Context!.Database.ExecuteSqlRawAsync(WakeCall.Sql, [WakeCall.Channel, queues], cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (IsOnlyAHint(eventData.Context!, exception))
            {
                // As above. That includes a cancellation: to report the save as cancelled would be wrong.
            }
        }

        return result;
    }

    private static List<QueuedJob>? Unplaced(DbContextEventData eventData) =>
        PendingJobs.Find(eventData.Context)?.WithoutPlace(eventData.Context!) is { Count: > 0 } jobs ? jobs : null;

    private static string[] Queues(SaveChangesCompletedEventData eventData) =>
        PendingJobs.Find(eventData.Context)?.TakeQueues().ToArray() ?? [];

    private static IQueryable<long> Places(DbContext context, int count) =>
        context.Database.SqlQueryRaw<long>(
            "SELECT nextval(pg_get_serial_sequence({0}, 'position')) AS \"Value\" FROM generate_series(1, {1})", JobsTable.Of(context).Name, count);

    private static void SetPlaces(DbContext context, List<QueuedJob> jobs, List<long> places)
    {
        places.Sort();
        for (var i = 0; i < jobs.Count; i++)
        {
            context.Entry(jobs[i]).Property(job => job.Position).CurrentValue = places[i];
        }
    }

    /// <summary>Without a transaction of the caller the save is committed, and must not look failed.</summary>
    private static bool IsOnlyAHint(DbContext context, Exception exception) =>
        context.Database.CurrentTransaction is null && context.Database.GetEnlistedTransaction() is null && Transaction.Current is null
        && exception is NpgsqlException or InvalidOperationException or TimeoutException or OperationCanceledException;
}
