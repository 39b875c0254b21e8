using Microsoft.EntityFrameworkCore;

namespace Tiebreak.WorkQueues;

/// <summary>Runs a job's handler that is given no context, and completes the job after it.</summary>
internal sealed class BareHandling<TContext, TPayload>(
    Completions<TContext> completions, string queue, Func<Job<TPayload>, CancellationToken, Task> handler, QueueWorkerOptions options)
    where TContext : DbContext
{
    public async Task RunAsync(ClaimedJob claimed, CancellationToken cancellationToken)
    {
        await handler(Payloads.JobOf<TPayload>(claimed, queue, options.Json), cancellationToken).ConfigureAwait(false);
        await completions.CompleteAsync(claimed).ConfigureAwait(false);
    }
}
