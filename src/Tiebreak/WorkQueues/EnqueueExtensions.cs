using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.WorkQueues;

/// <summary>Puts jobs into durable queues.</summary>
public static class EnqueueExtensions
{
    /// <summary>
    /// Adds a job to the context. <c>SaveChanges</c> writes it together with the other changes, in the same
    /// transaction: it is there exactly when they are. Workers are woken by NOTIFY when that transaction commits.
    /// </summary>
    /// <remarks>
    /// <para>Jobs of one queue and key run one at a time, in the order in which their rows were inserted; those that
    /// were enqueued in one <c>SaveChanges</c>, in the order of these calls. So a job whose insert came after another's
    /// commit always runs after it. Two transactions that insert at the same time have no order between them: to have
    /// one, lock what they contend on (<c>ForNoKeyUpdate</c>) before <c>SaveChanges</c>.</para>
    /// <para>Costs one row more in the batch, one round trip for NOTIFY, and one more when one <c>SaveChanges</c> has
    /// several jobs of one key. As thread-safe as the context: not at all.</para>
    /// <code>
    /// db.Orders.Add(order);
    /// db.Enqueue("mails", new ConfirmOrder(order.Id), key: order.CustomerId);
    /// await db.SaveChangesAsync(ct);
    /// </code>
    /// </remarks>
    /// <typeparam name="TPayload">What the worker's handler gets.</typeparam>
    /// <param name="context">A context with <c>UseTiebreak()</c>, and <c>UseWorkQueues()</c> in its model.</param>
    /// <param name="queue">The queue: 1 to 100 characters. It needs no declaration.</param>
    /// <param name="payload">Written as JSON.</param>
    /// <param name="key">What the jobs contend on, 1 to 400 characters; <see langword="null"/> for no order.</param>
    /// <param name="runAfter">
    /// Not before this time, by the database's clock; at once when <see langword="null"/>. With a key, the later jobs
    /// of the key wait for it too. Found by polling, so up to <see cref="QueueWorkerOptions.PollInterval"/> late.
    /// </param>
    /// <param name="json">How the payload is written; <see cref="JsonSerializerOptions.Default"/> by default. The worker must read it with the same.</param>
    /// <returns>The added entity.</returns>
    /// <exception cref="ArgumentException">Queue or key is empty, or too long.</exception>
    /// <exception cref="InvalidOperationException"><c>UseTiebreak()</c> or <c>UseWorkQueues()</c> was forgotten.</exception>
    public static QueuedJob Enqueue<TPayload>(
        this DbContext context,
        string queue,
        TPayload payload,
        string? key = null,
        DateTimeOffset? runAfter = null,
        JsonSerializerOptions? json = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        QueueNames.CheckQueue(queue, nameof(queue));
        QueueNames.CheckKey(key, nameof(key));
        JobsTable.Of(context);
        if (!ITiebreakOptions.AreOn(context))
        {
            throw new InvalidOperationException(
                $"Call UseTiebreak() beside UseNpgsql(...) in the options of {context.GetType().Name}: without it, the order of the jobs would be lost and no worker woken.");
        }

        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        var job = new QueuedJob(id, queue, key, JsonSerializer.Serialize(payload, json));
        if (runAfter is { } time)
        {
            job.RunAfter = time.ToUniversalTime();
        }

        context.Add(job);
        PendingJobs.Of(context).Add(job);
        return job;
    }
}
