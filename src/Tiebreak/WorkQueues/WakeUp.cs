namespace Tiebreak.WorkQueues;

/// <summary>Wakes one waiting task. Set while nobody waits, it is remembered, once. <see cref="Set"/> is thread-safe.</summary>
internal sealed class WakeUp
{
    private TaskCompletionSource _set = New();

    public void Set() => Volatile.Read(ref _set).TrySetResult();

    /// <summary>Comes back when it is set, when so much time has passed, or when cancelled. Never throws.</summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        await Volatile.Read(ref _set).Task.WaitAsync(atMost, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // Whoever sets the old one before this line did so before the look that follows: nothing is missed.
        Volatile.Write(ref _set, New());
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
