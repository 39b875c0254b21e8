namespace Tiebreak.Bench.Queue;

/// <summary>Counts what was run, and completes at a number.</summary>
internal sealed class CountingDown
{
    private TaskCompletionSource _done = new();
    private int _left;

    public Task UntilAsync(int count)
    {
        _done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _left, count);
        return _done.Task;
    }

    public void Note(int number)
    {
        if (number >= 0 && Interlocked.Decrement(ref _left) == 0)
        {
            _done.TrySetResult();
        }
    }
}
