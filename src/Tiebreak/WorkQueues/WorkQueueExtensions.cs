using Microsoft.EntityFrameworkCore;

namespace Tiebreak.WorkQueues;

/// <summary>Looks into queues.</summary>
public static class WorkQueueExtensions
{
    /// <summary>A queue as this context sees it: how full it is, its dead letters. Costs nothing; as thread-safe as the context.</summary>
    /// <param name="context">A context with <c>UseWorkQueues()</c> in its model. What is asked runs on its connection, and in its transaction where it has one.</param>
    /// <param name="queue">The queue: 1 to 100 characters.</param>
    /// <exception cref="ArgumentException">The queue's name is empty or too long.</exception>
    /// <exception cref="InvalidOperationException"><c>UseWorkQueues()</c> was forgotten.</exception>
    public static WorkQueue WorkQueue(this DbContext context, string queue)
    {
        ArgumentNullException.ThrowIfNull(context);
        QueueNames.CheckQueue(queue, nameof(queue));
        return new WorkQueue(context, queue, JobsTable.Of(context));
    }
}
