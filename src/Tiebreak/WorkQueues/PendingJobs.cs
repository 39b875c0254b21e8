using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;

namespace Tiebreak.WorkQueues;

/// <summary>
/// The jobs that were enqueued in a context and are not saved yet, in the order of the calls. The change tracker knows
/// them too, but to ask it would cost every SaveChanges of the application.
/// </summary>
internal sealed class PendingJobs
{
    private static readonly ConditionalWeakTable<DbContext, PendingJobs> All = [];

    private readonly List<QueuedJob> _jobs = [];

    public static PendingJobs Of(DbContext context) => All.GetValue(context, static _ => new PendingJobs());

    public static PendingJobs? Find(DbContext? context) => context is not null && All.TryGetValue(context, out var pending) ? pending : null;

    public void Add(QueuedJob job) => _jobs.Add(job);

    /// <summary>
    /// Those that the coming save inserts and that need their places from us: EF Core inserts the rows of one table in
    /// no order that it would promise, and already two of them now and then the wrong way round.
    /// </summary>
    public List<QueuedJob> WithoutPlace(DbContext context)
    {
        // One that was taken out again, or belongs to a pooled context's earlier life, is not saved.
        _jobs.RemoveAll(job => context.Entry(job).State != EntityState.Added);
        return _jobs.Where(job => job.Key is not null).GroupBy(job => (job.Queue, job.Key)).Any(line => line.Skip(1).Any())
            ? [.. _jobs.Where(job => job.Position == 0)]
            : [];
    }

    /// <summary>The queues of the saved jobs that can run at once; nothing is pending afterwards.</summary>
    public IReadOnlyList<string> TakeQueues()
    {
        var queues = _jobs.Select(job => job.Queue).Distinct(StringComparer.Ordinal).ToList();
        _jobs.Clear();
        return queues;
    }
}
