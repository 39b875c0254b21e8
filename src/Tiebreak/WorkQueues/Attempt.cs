using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Tiebreak.WorkQueues;

/// <summary>One attempt at a job: the handler, and what becomes of the job when it fails.</summary>
internal sealed class Attempt<TContext>(
    ClaimEnds<TContext> ends, string queue, Func<ClaimedJob, CancellationToken, Task> handle, QueueWorkerOptions options, ILogger logger)
    where TContext : DbContext
{
    /// <summary>Does not throw what the handler threw: that is written to the job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="giveUp">Cancelled when the worker's time to drain is over.</param>
    public async Task RunAsync(RunningJob job, CancellationToken giveUp)
    {
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(job.Lost, giveUp);
            await handle(job.Claim, either.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ClaimLostException || job.Lost.IsCancellationRequested)
        {
            logger.LogWarning(exception, "Queue {Queue}: job {Job} was lost in attempt {Attempt}, since the lease had ended; its writes are rolled back", queue, job.Claim.Id, job.Claim.Attempt);
        }
#pragma warning disable CA1031 // Whatever a handler throws belongs to its job, and must not end the worker.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await TryEndAsync(job.Claim, exception, giveUp.IsCancellationRequested).ConfigureAwait(false);
        }
    }

    /// <summary>Gives back a job that was claimed and not begun.</summary>
    public async Task ReturnAsync(RunningJob job)
    {
        try
        {
            await ends.ReturnAsync(job.Claim).ConfigureAwait(false);
        }
        catch (Exception exception) when (WorkerErrors.MayPass(exception))
        {
            logger.LogWarning(exception, "Queue {Queue}: job {Job}, which was not begun, could not be returned; it comes back when its lease ends", queue, job.Claim.Id);
        }
    }

    private async Task TryEndAsync(ClaimedJob job, Exception exception, bool givenUp)
    {
        try
        {
            await EndAsync(job, exception, givenUp).ConfigureAwait(false);
        }
        catch (Exception second) when (WorkerErrors.MayPass(second))
        {
            logger.LogWarning(second, "Queue {Queue}: the end of attempt {Attempt} at job {Job} could not be written; the job comes back when its lease ends", queue, job.Attempt, job.Id);
        }
    }

    private async Task EndAsync(ClaimedJob job, Exception exception, bool givenUp)
    {
        if (givenUp)
        {
            await ends.ReturnAsync(job).ConfigureAwait(false);
            logger.LogInformation("Queue {Queue}: job {Job} did not end in the time to drain and is returned", queue, job.Id);
        }
        else if (exception is RejectJobException || job.Attempt >= options.MaxAttempts)
        {
            await ends.BuryAsync(job, exception.ToString()).ConfigureAwait(false);
            logger.LogError(exception, "Queue {Queue}: job {Job} is a dead letter after attempt {Attempt}", queue, job.Id, job.Attempt);
        }
        else
        {
            var pause = RetryPause.After(job.Attempt, options);
            await ends.RetryAsync(job, pause, exception.ToString()).ConfigureAwait(false);
            logger.LogWarning(exception, "Queue {Queue}: attempt {Attempt} at job {Job} failed; the next one in {Pause}", queue, job.Attempt, job.Id, pause);
        }
    }
}
