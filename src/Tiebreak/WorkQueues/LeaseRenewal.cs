using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Tiebreak.WorkQueues;

/// <summary>Renews the leases of a worker's running jobs, three times in a lease's length, and tells those that are lost.</summary>
internal sealed class LeaseRenewal<TContext>(
    Leases<TContext> leases, ConcurrentDictionary<(Guid Id, Guid Token), RunningJob> running, string queue, TimeSpan lease, TimeProvider time, ILogger logger)
    where TContext : DbContext
{
    /// <summary>Ends when cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(lease / 3, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            var jobs = running.Values.ToList();
            if (jobs.Count == 0)
            {
                continue;
            }

            try
            {
                await RenewAsync(jobs, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (WorkerErrors.MayPass(exception))
            {
                logger.LogWarning(exception, "Queue {Queue}: the leases of {Count} jobs could not be renewed", queue, jobs.Count);
                LoseTheEnded(jobs);
            }
        }
    }

    private async Task RenewAsync(List<RunningJob> jobs, CancellationToken cancellationToken)
    {
        var before = time.GetTimestamp();
        var kept = await leases.RenewAsync([.. jobs.Select(job => job.Claim)], cancellationToken).ConfigureAwait(false);
        foreach (var job in jobs)
        {
            if (kept.Contains((job.Claim.Id, job.Claim.Token)))
            {
                job.HeldSince = before;
            }
            else
            {
                // Lost, or completed a moment ago: then there is nothing left to cancel.
                job.Lose();
            }
        }
    }

    /// <summary>Without an answer from the database, the worker's own clock says when others may have the jobs.</summary>
    private void LoseTheEnded(List<RunningJob> jobs)
    {
        foreach (var job in jobs.Where(job => time.GetElapsedTime(job.HeldSince) > lease))
        {
            job.Lose();
        }
    }
}
