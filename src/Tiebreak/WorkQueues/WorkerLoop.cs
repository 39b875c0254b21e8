using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Tiebreak.WorkQueues;

/// <summary>One run of a worker: claims while there is room, and drains in the end.</summary>
internal sealed class WorkerLoop<TContext> : IDisposable
    where TContext : DbContext
{
    private readonly ConcurrentDictionary<(Guid Id, Guid Token), RunningJob> _running = new();
    private readonly CancellationTokenSource _giveUp = new();
    private readonly CancellationTokenSource _failed = new();
    private readonly CancellationTokenSource _over = new();
    private readonly WakeUp _wake = new();
    private readonly SemaphoreSlim _turns;
    private readonly ClaimPace _pace;
    private readonly string _queue;
    private readonly QueueWorkerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Claims<TContext> _claims;
    private readonly Leases<TContext> _leases;
    private readonly LeaseRenewal<TContext> _renewal;
    private readonly Attempt<TContext> _attempt;
    private readonly WakeListener<TContext> _listener;
    private ExceptionDispatchInfo? _error;
    private long? _reclaimedAt;
    private volatile bool _isStopping;

    public WorkerLoop(
        IDbContextFactory<TContext> contexts, string queue, Func<ClaimedJob, CancellationToken, Task> handle, QueueWorkerOptions options, TimeProvider time, ILogger logger)
    {
        (_queue, _options, _time, _logger) = (queue, options, time, logger);
        _turns = new SemaphoreSlim(options.MaxConcurrency);
        _pace = new ClaimPace(options.MaxConcurrency, options.ClaimAhead);
        var commands = new WorkerCommands<TContext>(contexts);
        _claims = new Claims<TContext>(commands, queue, options.Lease);
        _leases = new Leases<TContext>(commands, queue, options);
        _renewal = new LeaseRenewal<TContext>(_leases, _running, queue, options.Lease, time, logger);
        _attempt = new Attempt<TContext>(new ClaimEnds<TContext>(commands, options.DeadLettersHoldKey), queue, handle, options, logger);
        _listener = new WakeListener<TContext>(contexts, queue, _wake, time, logger);
    }

    /// <summary>How often it has looked for jobs.</summary>
    public int Looks { get; private set; }

    /// <summary>How often it has begun to listen.</summary>
    public int TimesListening => _listener.Times;

    public async Task RunAsync(CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, _failed.Token);
        var beside = Task.WhenAll(
            _options.Listen ? StopOnErrorAsync(_listener.RunAsync(_over.Token)) : Task.CompletedTask,
            StopOnErrorAsync(_renewal.RunAsync(_over.Token)));
        try
        {
            await ClaimUntilAsync(either.Token).ConfigureAwait(false);
        }
        finally
        {
            // Leases are renewed until the last job has ended.
            await DrainAsync().ConfigureAwait(false);
            await _over.CancelAsync().ConfigureAwait(false);
            await beside.ConfigureAwait(false);
        }

        _error?.Throw();
    }

    public void Dispose()
    {
        _turns.Dispose();
        _giveUp.Dispose();
        _failed.Dispose();
        _over.Dispose();
    }

    private async Task ClaimUntilAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                // Refilled once half of what is ahead has begun, and not for each job that ends.
                var ahead = _pace.Ahead;
                var room = _options.MaxConcurrency + ahead - _running.Count;
                if (room > ahead / 2 && await ClaimAsync(room).ConfigureAwait(false) == room)
                {
                    continue;
                }
            }
            catch (Exception exception) when (WorkerErrors.MayPass(exception))
            {
                _logger.LogWarning(exception, "Queue {Queue}: jobs could not be claimed; tried again in {Pause}", _queue, _options.PollInterval);
            }

            await _wake.WaitAsync(_options.PollInterval, _time, stopping).ConfigureAwait(false);
        }
    }

    private async Task<int> ClaimAsync(int room)
    {
        Looks++;
        if (_reclaimedAt is null || _time.GetElapsedTime(_reclaimedAt.Value) >= _options.PollInterval)
        {
            _reclaimedAt = _time.GetTimestamp();
            var lost = await _leases.ReclaimAsync().ConfigureAwait(false);
            if (lost > 0)
            {
                _logger.LogWarning("Queue {Queue}: the leases of {Count} jobs had ended; their workers are lost or were paused", _queue, lost);
            }
        }

        // A job that kills its worker takes along what was claimed with it. So of those that were begun before, no more
        // than can run are claimed: what waits beside them loses one attempt at most.
        var again = Math.Clamp(_options.MaxConcurrency - _running.Values.Count(job => job.Claim.Attempt > 1), 0, room);
        var taken = again > 0 ? await TakeAsync(again, onlyFresh: false).ConfigureAwait(false) : 0;
        return taken == again && room > again ? taken + await TakeAsync(room - again, onlyFresh: true).ConfigureAwait(false) : taken;
    }

    private async Task<int> TakeAsync(int count, bool onlyFresh)
    {
        var before = _time.GetTimestamp();
        var claimed = await _claims.TakeAsync(count, onlyFresh).ConfigureAwait(false);
        foreach (var claim in claimed)
        {
            var job = new RunningJob(claim, before);
            _running[(claim.Id, claim.Token)] = job;
            job.Run = Task.Run(() => RunAsync(job), CancellationToken.None);
        }

        return claimed.Count;
    }

    private async Task RunAsync(RunningJob job)
    {
        await _turns.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            using (job)
            {
                var begun = _time.GetTimestamp();
                if (_isStopping)
                {
                    await StopOnErrorAsync(_attempt.ReturnAsync(job)).ConfigureAwait(false);
                }
                else if (!job.Lost.IsCancellationRequested)
                {
                    await StopOnErrorAsync(_attempt.RunAsync(job, _giveUp.Token)).ConfigureAwait(false);
                    _pace.Note(_time.GetElapsedTime(begun));
                }
            }
        }
        finally
        {
            _turns.Release();

            // There is room now, and the next job of its key may be claimed.
            _running.TryRemove((job.Claim.Id, job.Claim.Token), out _);
            _wake.Set();
        }
    }

    private async Task DrainAsync()
    {
        _isStopping = true;
        var ending = Task.WhenAll(_running.Values.Select(job => job.Run));
        await ending.WaitAsync(_options.DrainTimeout, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _giveUp.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ending.ConfigureAwait(false);
    }

    /// <summary>An error that no waiting mends ends the whole run.</summary>
    private async Task StopOnErrorAsync(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Thrown again when the run ends.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _error, ExceptionDispatchInfo.Capture(exception), null);
            await _failed.CancelAsync().ConfigureAwait(false);
        }
    }
}
