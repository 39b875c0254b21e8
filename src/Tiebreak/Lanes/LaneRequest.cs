namespace Tiebreak.Lanes;

/// <summary>
/// One caller's request on its way: it waits, then it is either decided or withdrawn, and whichever comes first stands.
/// </summary>
internal sealed class LaneRequest<TRequest, TResult>(Lane lane, TRequest request, IReadOnlyList<string> keys, long weight, long begun)
{
    private const int Waiting = 0;
    private const int Decided = 1;
    private const int Withdrawn = 2;

    private readonly TaskCompletionSource<TResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;

    public TRequest Request => request;

    /// <summary>What it contends on, sorted; the first one says where it queues.</summary>
    public IReadOnlyList<string> Keys => keys;

    /// <summary>About how many rows it reads and writes.</summary>
    public long Weight => weight;

    /// <summary>Its number in its lane, given as it joins the line.</summary>
    public long Arrival { get; set; }

    /// <summary>When it arrived, as a timestamp of the guard's clock.</summary>
    public long Begun => begun;

    /// <summary>When it was set aside; null where it was not.</summary>
    public long? AsideSince { get; set; }

    /// <summary>The held keys that it is counted for.</summary>
    public List<string> WaitsFor { get; } = [];

    /// <summary>What last kept it from its rows.</summary>
    public Exception? KeptBy { get; set; }

    public bool IsWithdrawn => Volatile.Read(ref _state) == Withdrawn;

    public Task<TResult> Answer => _answer.Task;

    /// <summary>From here on it stands, also when its batch is tried again.</summary>
    public bool TryDecide() => Interlocked.CompareExchange(ref _state, Decided, Waiting) != Withdrawn;

    public void Withdraw(CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _state, Withdrawn, Waiting) == Waiting)
        {
            lane.NoteWithdrawn();
            _answer.TrySetCanceled(cancellationToken);
        }
    }

    public void Succeed(TResult result) => _answer.TrySetResult(result);

    public void Fail(Exception exception) => _answer.TrySetException(exception);
}
