using Microsoft.EntityFrameworkCore;
using Tiebreak.WorkQueues;

namespace Tiebreak.Tests.WorkQueues;

/// <summary>A worker that runs until it is disposed.</summary>
internal sealed class RunningWorker : IAsyncDisposable
{
    /// <summary>Quick to retry and to notice, so that tests do not wait.</summary>
    public static readonly QueueWorkerOptions Quick = new()
    {
        PollInterval = TimeSpan.FromMilliseconds(20),
        RetryDelay = TimeSpan.FromMilliseconds(10),
        MaxRetryDelay = TimeSpan.FromMilliseconds(50),
        DrainTimeout = TimeSpan.FromSeconds(60),
    };

    private readonly CancellationTokenSource _stop = new();
    private readonly QueueWorker<LedgerContext, Note> _worker;

    private RunningWorker(QueueWorker<LedgerContext, Note> worker)
    {
        _worker = worker;
        Ended = Task.Run(() => worker.RunAsync(_stop.Token));
    }

    public WorkerLoop<LedgerContext> Loop => _worker.Loop!;

    public Task Ended { get; }

    /// <summary>Writes an effect for each job, unless a handler is given.</summary>
    public static RunningWorker Start(
        IDbContextFactory<LedgerContext> contexts,
        string queue,
        QueueWorkerOptions? options = null,
        Func<LedgerContext, Job<Note>, CancellationToken, Task>? handler = null) =>
        new(new QueueWorker<LedgerContext, Note>(contexts, queue, handler ?? WriteAsync, options ?? Quick));

    public static RunningWorker Start(QueueWorker<LedgerContext, Note> worker) => new(worker);

    public static Task WriteAsync(LedgerContext db, Job<Note> job, CancellationToken ct)
    {
        db.Effects.Add(new Effect { JobId = job.Id, Queue = job.Queue, Key = job.Key, Number = job.Payload.Number });
        return db.SaveChangesAsync(ct);
    }

    public Task StopAsync() => _stop.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Ended.WaitAsync(TimeSpan.FromSeconds(60));
        _stop.Dispose();
    }
}
