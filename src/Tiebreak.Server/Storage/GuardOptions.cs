using Tiebreak.Operations;
using Tiebreak.Transactions;

namespace Tiebreak.Server.Storage;

/// <summary>How changes are kept apart. Section <c>Guard</c> of the configuration.</summary>
internal sealed class GuardOptions
{
    public const string Section = "Guard";

    /// <summary>How long a change waits for a lock before it is answered with <c>busy</c>. 1 ms to 1 hour; 3 seconds by default.</summary>
    public TimeSpan LockWait { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a change waits for its turn before it is answered with <c>busy</c>. 1 ms to 1 hour; 30 seconds by default.</summary>
    public TimeSpan QueueWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many changes are in a transaction at once. Keep it below the pool's size. 1 to 10,000; 48 by default.</summary>
    public int MaxConcurrency { get; set; } = 48;

    public RowLockGuardOptions ToRowLockGuardOptions() => new()
    {
        MaxConcurrency = MaxConcurrency,
        QueueWait = QueueWait,
        Transaction = AtomicOptions.Default with { LockWait = LockWait },
    };
}
