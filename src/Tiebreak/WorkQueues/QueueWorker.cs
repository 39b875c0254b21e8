using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Tiebreak.WorkQueues;

/// <summary>
/// Runs the jobs of one queue. Any number of workers, in any number of processes, may run the same queue: each job is
/// run by one of them at a time, and jobs of one key one after the other, in order.
/// </summary>
/// <remarks>
/// <para>The handler gets a fresh context in an open transaction. What it writes and the job's completion commit
/// together, so on the database each job has its effect exactly once, however often it is begun. Changes that it left
/// unsaved are saved. It does not commit, roll back, or keep the context, and does nothing that a rollback does not
/// undo (mail, HTTP): such things happen at least once. It may run several times for one attempt, when it was a
/// deadlock's victim.</para>
/// <para>A handler that throws has its writes rolled back; the job waits (<see cref="QueueWorkerOptions.RetryDelay"/>)
/// and is tried again, up to <see cref="QueueWorkerOptions.MaxAttempts"/>; then it is a dead letter. So is, at once, one
/// whose payload cannot be read, or whose handler throws <see cref="RejectJobException"/>.</para>
/// <para>The handler's token is cancelled when the claim is lost, and when the time to drain is over. A handler that
/// does not look at it is waited for. A worker that was paused or cut off for longer than its lease completes nothing:
/// its commit is refused in favour of whoever has taken the job over.</para>
/// <code>
/// var worker = new QueueWorker&lt;ShopContext, ConfirmOrder&gt;(contexts, "mails", async (db, job, ct) =>
/// {
///     var order = await db.Orders.SingleAsync(o => o.Id == job.Payload.OrderId, ct);
///     order.Confirmed = true;
/// });
/// await worker.RunAsync(stoppingToken);
/// </code>
/// </remarks>
/// <typeparam name="TContext">The application's context, with <c>UseWorkQueues()</c> in its model.</typeparam>
/// <typeparam name="TPayload">What was enqueued.</typeparam>
public sealed class QueueWorker<TContext, TPayload>
    where TContext : DbContext
{
    private readonly Func<WorkerLoop<TContext>> _newLoop;

    /// <summary>Describes a worker; <see cref="RunAsync"/> starts it.</summary>
    /// <param name="contexts">Opens a context, and with it a connection, for each attempt and for the worker's own statements.</param>
    /// <param name="queue">The queue: 1 to 100 characters.</param>
    /// <param name="handler">Does a job. Called by several threads at once, each with a context of its own.</param>
    /// <param name="options">The defaults when <see langword="null"/>.</param>
    /// <param name="time">Measures pauses; the system's when <see langword="null"/>. When a job is due and when a lease ends is the database's to say.</param>
    /// <param name="logger">Told of failed attempts, dead letters, lost claims and lost connections.</param>
    /// <exception cref="ArgumentException">The queue's name is empty or too long.</exception>
    public QueueWorker(
        IDbContextFactory<TContext> contexts,
        string queue,
        Func<TContext, Job<TPayload>, CancellationToken, Task> handler,
        QueueWorkerOptions? options = null,
        TimeProvider? time = null,
        ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        ArgumentNullException.ThrowIfNull(handler);
        QueueNames.CheckQueue(queue, nameof(queue));
        options ??= QueueWorkerOptions.Default;
        var handling = new Handling<TContext, TPayload>(contexts, queue, handler, options);
        _newLoop = () => new WorkerLoop<TContext>(contexts, queue, handling.RunAsync, options, time ?? TimeProvider.System, logger ?? NullLogger.Instance);
    }

    /// <summary>
    /// Describes a worker whose handler is given no context, for what happens outside of the database (a mail, a call of
    /// another service): it happens at least once. Jobs are ended many at a time in one statement, without a transaction
    /// and a commit for each.
    /// </summary>
    /// <inheritdoc cref="QueueWorker{TContext, TPayload}.QueueWorker(IDbContextFactory{TContext}, string, Func{TContext, Job{TPayload}, CancellationToken, Task}, QueueWorkerOptions?, TimeProvider?, ILogger?)" path="/param|/exception"/>
    public QueueWorker(
        IDbContextFactory<TContext> contexts,
        string queue,
        Func<Job<TPayload>, CancellationToken, Task> handler,
        QueueWorkerOptions? options = null,
        TimeProvider? time = null,
        ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        ArgumentNullException.ThrowIfNull(handler);
        QueueNames.CheckQueue(queue, nameof(queue));
        options ??= QueueWorkerOptions.Default;
        time ??= TimeProvider.System;
        var handling = new BareHandling<TContext, TPayload>(new Completions<TContext>(new WorkerCommands<TContext>(contexts), time), queue, handler, options);
        _newLoop = () => new WorkerLoop<TContext>(contexts, queue, handling.RunAsync, options, time, logger ?? NullLogger.Instance);
    }

    /// <summary>The latest run; for tests.</summary>
    internal WorkerLoop<TContext>? Loop { get; private set; }

    /// <summary>
    /// Runs jobs until cancelled, then drains: claims no more, gives the running ones
    /// <see cref="QueueWorkerOptions.DrainTimeout"/> to end, cancels the handlers of the rest and returns their jobs,
    /// and comes back without an error. It outlives the database being away; each further call is a run of its own.
    /// Fits as the body of a <c>BackgroundService</c>.
    /// </summary>
    /// <param name="stopping">Begins the draining.</param>
    /// <exception cref="InvalidOperationException">The model has no jobs table.</exception>
    /// <exception cref="Npgsql.PostgresException">The database refuses the worker for good: no such table, no right to it, a wrong password.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var loop = _newLoop();
        Loop = loop;
        await loop.RunAsync(stopping).ConfigureAwait(false);
    }
}
