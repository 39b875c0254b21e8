namespace Tiebreak.Lanes;

/// <summary>
/// One queue and its single writer. An idle lane starts at once with what came, so a lone caller waits for nobody;
/// what arrives while a transaction runs becomes the next one.
/// </summary>
internal sealed class Lane
{
    private readonly LaneGuardOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stop;
    private readonly Lock _gate = new();
    private readonly Dictionary<(object Operation, Type Queue), OperationQueue> _queues = [];
    private readonly Queue<OperationQueue> _turns = new();
    private readonly DrainRate _rate = new();
    private TaskCompletionSource _idle = Completed();
    private int _waiting;
    private long _weight;
    private int _withdrawn;
    private long _arrivals;
    private bool _isRunning;
    private bool _isClosed;

    private Lane(LaneGuardOptions options, HeldKeys held, Lane? aside, TimeProvider time, CancellationToken stop)
    {
        _options = options;
        _time = time;
        _stop = stop;
        Held = held;
        Aside = aside;
    }

    /// <summary>The keys whose rows somebody holds.</summary>
    public HeldKeys Held { get; }

    /// <summary>The lane of those who wait for held rows, so that nobody else does; it has none itself.</summary>
    public Lane? Aside { get; }

    /// <summary>A lane, with one beside it for what is set aside.</summary>
    /// <param name="options">Its bounds.</param>
    /// <param name="time">Measures how fast it works.</param>
    /// <param name="stop">Rolls back what is not committed by then.</param>
    public static Lane Create(LaneGuardOptions options, TimeProvider time, CancellationToken stop)
    {
        var held = new HeldKeys();
        return new Lane(options, held, new Lane(options, held, aside: null, time, stop), time, stop);
    }

    /// <summary>Puts a request into the line of its operation, and sets the lane going if it was idle.</summary>
    /// <returns>The number of those that wait when the lane is full, else <see langword="null"/>.</returns>
    /// <exception cref="ObjectDisposedException">The guard was disposed.</exception>
    public int? TryEnqueue<TQueue, TRequest>(object operation, TRequest request, long weight, Func<TRequest, TQueue> newQueue, Action<TQueue, TRequest, long> enqueue)
        where TQueue : OperationQueue
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (IsFull(weight) && !(ForgetWithdrawn() && !IsFull(weight)))
            {
                return _waiting;
            }

            enqueue(QueueOf(operation, request, newQueue), request, _arrivals++);
            _waiting++;
            _weight += weight;
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

    /// <summary>Puts back what a batch of this lane could not serve.</summary>
    public void PutBack<TQueue>(object operation, Func<TQueue> newQueue, Action<TQueue> putBack)
        where TQueue : OperationQueue
    {
        lock (_gate)
        {
            var queue = QueueOf(operation, newQueue, static make => make());
            var (count, weight) = (queue.Count, queue.Weight);
            putBack(queue);
            _waiting += queue.Count - count;
            _weight += queue.Weight - weight;
        }
    }

    /// <summary>How long a caller who finds the lane full should stay away.</summary>
    public TimeSpan RetryAfter(int waiting) => _rate.TimeFor(waiting);

    /// <summary>Notes that one was withdrawn, here or on its way out.</summary>
    public void NoteWithdrawn() => Interlocked.Increment(ref _withdrawn);

    /// <summary>Takes no more requests, and completes when those that wait are answered.</summary>
    public async Task CloseAsync()
    {
        Task idle;
        lock (_gate)
        {
            _isClosed = true;
            idle = _idle.Task;
        }

        await idle.ConfigureAwait(false);
        if (Aside is not null)
        {
            await Aside.CloseAsync().ConfigureAwait(false);
        }
    }

    private bool IsFull(long weight) => _waiting >= _options.QueueLimit || (_waiting > 0 && _weight + weight > _options.QueueWeight);

    private TQueue QueueOf<TQueue, TGiven>(object operation, TGiven given, Func<TGiven, TQueue> newQueue)
        where TQueue : OperationQueue
    {
        if (!_queues.TryGetValue((operation, typeof(TQueue)), out var queue))
        {
            queue = newQueue(given);
            _queues.Add((operation, typeof(TQueue)), queue);
        }

        if (queue.Count == 0)
        {
            _turns.Enqueue(queue);
        }

        return (TQueue)queue;
    }

    /// <summary>
    /// Those that were withdrawn leave with the next batch. While a batch waits for a row they would keep the lane full
    /// for callers who come again.
    /// </summary>
    /// <returns>Whether there were any.</returns>
    private bool ForgetWithdrawn()
    {
        if (Interlocked.Exchange(ref _withdrawn, 0) == 0)
        {
            return false;
        }

        for (var turns = _turns.Count; turns > 0; turns--)
        {
            var queue = _turns.Dequeue();
            var weight = queue.Weight;
            _waiting -= queue.ForgetWithdrawn();
            _weight -= weight - queue.Weight;
            KeepTurn(queue);
        }

        return true;
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
            var begun = _time.GetTimestamp();
            try
            {
                await batch.RunAsync(_stop).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // The last boundary: whatever a listener of the meters throws, the lane goes on and nobody waits for ever.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                batch.Abandon(exception);
            }

            _rate.Note(batch.Count, _time.GetElapsedTime(begun));
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

            var (count, weight) = (queue.Count, queue.Weight);
            var batch = queue.Take(_options);
            _waiting -= count - queue.Count;
            _weight -= weight - queue.Weight;
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
