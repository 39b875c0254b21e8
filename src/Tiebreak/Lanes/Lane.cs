namespace Tiebreak.Lanes;

/// <summary>
/// One queue and its single writer. An idle lane starts at once with what came, so a lone caller waits for nobody;
/// what arrives while a transaction runs becomes the next one.
/// </summary>
/// <param name="options">Its bounds.</param>
/// <param name="time">Measures how fast it works.</param>
/// <param name="stop">Rolls back what is not committed by then.</param>
internal sealed class Lane(LaneGuardOptions options, TimeProvider time, CancellationToken stop)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(object Operation, Type Queue), OperationQueue> _queues = [];
    private readonly Queue<OperationQueue> _turns = new();
    private readonly DrainRate _rate = new();
    private TaskCompletionSource _idle = Completed();
    private int _waiting;
    private int _withdrawn;
    private long _arrivals;
    private bool _isRunning;
    private bool _isClosed;

    /// <summary>Puts a request into the line of its operation, and sets the lane going if it was idle.</summary>
    /// <returns>The number of those that wait when the lane is full, else <see langword="null"/>.</returns>
    /// <exception cref="ObjectDisposedException">The guard was disposed.</exception>
    public int? TryEnqueue<TQueue, TRequest>(object operation, TRequest request, Func<TRequest, TQueue> newQueue, Action<TQueue, TRequest, long> enqueue)
        where TQueue : OperationQueue
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (_waiting >= options.QueueLimit && !ForgetWithdrawn())
            {
                return _waiting;
            }

            if (!_queues.TryGetValue((operation, typeof(TQueue)), out var queue))
            {
                queue = newQueue(request);
                _queues.Add((operation, typeof(TQueue)), queue);
            }

            if (queue.Count == 0)
            {
                _turns.Enqueue(queue);
            }

            enqueue((TQueue)queue, request, _arrivals++);
            _waiting++;
            if (_isRunning)
            {
                return null;
            }

            _isRunning = true;
            _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        ThreadPool.UnsafeQueueUserWorkItem(static lane => _ = lane.DrainAsync(), this, preferLocal: false);
        return null;
    }

    /// <summary>How long a caller who finds the lane full should stay away.</summary>
    public TimeSpan RetryAfter(int waiting) => _rate.TimeFor(waiting);

    /// <summary>Notes that one was withdrawn, here or on its way out.</summary>
    public void NoteWithdrawn() => Interlocked.Increment(ref _withdrawn);

    /// <summary>Takes no more requests, and completes when those that wait are answered.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
            return _idle.Task;
        }
    }

    /// <summary>
    /// Those that were withdrawn leave with the next batch. While a batch waits for a row they would keep the lane full
    /// for callers who come again.
    /// </summary>
    /// <returns>Whether there is room now.</returns>
    private bool ForgetWithdrawn()
    {
        if (Interlocked.Exchange(ref _withdrawn, 0) == 0)
        {
            return false;
        }

        for (var turns = _turns.Count; turns > 0; turns--)
        {
            var queue = _turns.Dequeue();
            _waiting -= queue.ForgetWithdrawn();
            KeepTurn(queue);
        }

        return _waiting < options.QueueLimit;
    }

    private void KeepTurn(OperationQueue queue)
    {
        if (queue.Count > 0)
        {
            _turns.Enqueue(queue);
        }
        else
        {
            // Else an application that makes its operations anew would fill the memory.
            _queues.Remove((queue.Operation, queue.GetType()));
        }
    }

    private async Task DrainAsync()
    {
        while (Next() is { } batch)
        {
            var begun = time.GetTimestamp();
            try
            {
                await batch.RunAsync(stop).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // The last boundary: whatever a listener of the meters throws, the lane goes on and nobody waits for ever.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                batch.Abandon(exception);
            }

            _rate.Note(batch.Count, time.GetElapsedTime(begun));
            await new BehindTheAnswered();
        }
    }

    private LaneBatch? Next()
    {
        lock (_gate)
        {
            if (!_turns.TryDequeue(out var queue))
            {
                _isRunning = false;
                _idle.SetResult();
                return null;
            }

            var before = queue.Count;
            var batch = queue.Take(options.BatchLimit, options.OneKeyABatch);
            _waiting -= before - queue.Count;
            KeepTurn(queue);
            return batch;
        }
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
