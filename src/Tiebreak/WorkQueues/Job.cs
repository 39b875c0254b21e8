namespace Tiebreak.WorkQueues;

/// <summary>A job as its handler sees it. Immutable.</summary>
/// <typeparam name="TPayload">What was enqueued.</typeparam>
/// <param name="Id">The job's id, the same in each attempt.</param>
/// <param name="Queue">The queue.</param>
/// <param name="Key">The key whose jobs run one after the other; <see langword="null"/> when it has none.</param>
/// <param name="Payload">What to do; read anew from the row in each attempt.</param>
/// <param name="Attempt">1 in the first attempt.</param>
/// <param name="EnqueuedAt">When it was inserted, by the database's clock.</param>
public sealed record Job<TPayload>(Guid Id, string Queue, string? Key, TPayload Payload, int Attempt, DateTimeOffset EnqueuedAt);
