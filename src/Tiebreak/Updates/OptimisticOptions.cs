namespace Tiebreak.Updates;

/// <summary>How often an optimistic change is tried. Immutable; one instance may serve any number of threads.</summary>
public sealed record OptimisticOptions
{
    /// <summary>The defaults.</summary>
    public static OptimisticOptions Default { get; } = new();

    /// <summary>How often the change is tried, the first time included. 1 to 100; 10 by default.</summary>
    public int MaxAttempts
    {
        get;
        init => field = value is >= 1 and <= 100
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "MaxAttempts is a number from 1 to 100.");
    } = 10;

    /// <summary>
    /// The pause before the second attempt. It doubles with each further one up to <see cref="MaxRetryDelay"/>, and the
    /// real pause is drawn evenly from zero up to it. 0 to 1 minute; 5 ms by default.
    /// </summary>
    public TimeSpan RetryDelay
    {
        get;
        init => field = Pause(value, nameof(RetryDelay));
    } = TimeSpan.FromMilliseconds(5);

    /// <summary>The bound of the growing pause. 0 to 1 minute; 250 ms by default.</summary>
    public TimeSpan MaxRetryDelay
    {
        get;
        init => field = Pause(value, nameof(MaxRetryDelay));
    } = TimeSpan.FromMilliseconds(250);

    private static TimeSpan Pause(TimeSpan value, string name) =>
        value >= TimeSpan.Zero && value <= TimeSpan.FromMinutes(1)
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is a time from zero to 1 minute.");
}
