using Tiebreak.Transactions;

namespace Tiebreak.Lanes;

/// <summary>Makes each caller's own error of what ended a batch.</summary>
internal static class LaneFailures
{
    /// <summary>Contention says which keys the caller waited for and how long; everything else is as it was thrown.</summary>
    public static Exception For(Exception exception, IReadOnlyList<string> keys, TimeSpan waited) => exception switch
    {
        LockTimeoutException busy => new LockTimeoutException(busy.Attempts, waited, busy.InnerException!) { Keys = keys },
        StatementTimeoutException busy => new StatementTimeoutException(busy.Attempts, waited, busy.InnerException!) { Keys = keys },
        DeadlockException busy => new DeadlockException(busy.Attempts, waited, busy.InnerException!) { Keys = keys },
        SerializationFailureException busy => new SerializationFailureException(busy.Attempts, waited, busy.InnerException!) { Keys = keys },
        BusyException busy => new BusyException(busy.Message, busy.Attempts, waited, busy) { Keys = keys },
        CommitOutcomeUnknownException unknown => new CommitOutcomeUnknownException(unknown.InnerException!),
        _ => exception,
    };
}
