using Tiebreak.Transactions;

namespace Tiebreak.Operations;

/// <summary>The bounds of a guard that runs each request in a transaction of its own.</summary>
public sealed record TransactionGuardOptions
{
    /// <summary>The transaction that each request runs in: isolation, lock wait, attempts.</summary>
    public AtomicOptions Transaction { get; init; } = AtomicOptions.Default;

    /// <summary>
    /// How many requests may be in a transaction at once, each with a connection. Further ones wait for their turn.
    /// Keep it below the connection pool's size, so that reads find a connection. 1 to 10,000; 48 by default.
    /// </summary>
    public int MaxConcurrency
    {
        get;
        init => field = value is >= 1 and <= 10_000
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "MaxConcurrency is a number from 1 to 10,000.");
    } = 48;

    /// <summary>How long a request waits for its turn before it is told to try again. 1 ms to 1 hour; 30 seconds by default.</summary>
    public TimeSpan QueueWait
    {
        get;
        init => field = value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromHours(1)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "QueueWait is a time from 1 millisecond to 1 hour.");
    } = TimeSpan.FromSeconds(30);
}
