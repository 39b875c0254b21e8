namespace Tiebreak.Races.Scheduling;

/// <summary>Waits until something arrives.</summary>
internal static class Arrival
{
    private static readonly TimeSpan TooShortForTimers = TimeSpan.FromMilliseconds(0.5);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    /// <summary>Whether one of them completed within the time.</summary>
    public static async Task<bool> WithinAsync(Task[] awaited, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        if (limit < TooShortForTimers)
        {
            for (var start = time.GetTimestamp(); time.GetElapsedTime(start) < limit; await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding))
            {
                if (Array.Exists(awaited, static task => task.IsCompleted))
                {
                    return true;
                }
            }

            return false;
        }

        if (limit <= Short)
        {
            // Cheaper than the exception of a wait that is over, and soon over by itself.
            var timer = Task.Delay(limit, time, cancellationToken);
            return await Task.WhenAny([.. awaited, timer]).ConfigureAwait(false) != timer;
        }

        try
        {
            await Task.WhenAny(awaited).WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
