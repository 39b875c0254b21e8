namespace Tiebreak.WorkQueues;

/// <summary>
/// A row of the jobs table: a job that waits, runs or is a dead letter. One that is done has no row.
/// Made by <see cref="EnqueueExtensions.Enqueue"/> and changed by workers only; for queries it is an ordinary entity.
/// </summary>
public sealed class QueuedJob
{
    /// <summary>The longest name of a queue, in characters.</summary>
    public const int MaxQueueLength = 100;

    /// <summary>The longest key, in characters.</summary>
    public const int MaxKeyLength = 400;

    internal QueuedJob(Guid id, string queue, string? key, string payload)
    {
        Id = id;
        Queue = queue;
        Key = key;
        Payload = payload;
        InLine = key is not null;
    }

    /// <summary>Made by the application, a UUID of version 7. It says nothing of the order.</summary>
    public Guid Id { get; private set; }

    /// <summary>The queue.</summary>
    public string Queue { get; private set; }

    /// <summary>Jobs of one key run one after the other, in order. <see langword="null"/>: no order, no waiting for others.</summary>
    public string? Key { get; private set; }

    /// <summary>What to do, as JSON (<c>jsonb</c>: PostgreSQL keeps the value, not spaces, the order of members or duplicates).</summary>
    public string Payload { get; private set; }

    /// <summary>Whether it waits, runs or is a dead letter.</summary>
    public JobState State { get; private set; }

    /// <summary>How often a worker has begun it, a running attempt included. An attempt that was returned by a worker's shutdown does not count.</summary>
    public int Attempts { get; private set; }

    /// <summary>Not before this time, by the database's clock: as enqueued, or when the pause after a failure ends.</summary>
    public DateTimeOffset RunAfter { get; internal set; }

    /// <summary>Names the claim that runs it, and no other claim ever; <see langword="null"/> when it does not run.</summary>
    public Guid? ClaimToken { get; private set; }

    /// <summary>When others may take it from its worker, by the database's clock, unless the worker renews its lease; <see langword="null"/> when it does not run.</summary>
    public DateTimeOffset? ClaimedUntil { get; private set; }

    /// <summary>
    /// The place in its key's line: grows with each insert, in the order in which the rows were inserted. Numbers of
    /// transactions that rolled back are missing. 0 until saved.
    /// </summary>
    public long Position { get; internal set; }

    /// <summary>
    /// Whether it holds back the later jobs of its key: every job with a key does until it is done; a dead letter only
    /// where <see cref="QueueWorkerOptions.DeadLettersHoldKey"/> was set. Always false without a key.
    /// </summary>
    public bool InLine { get; private set; }

    /// <summary>When it was inserted, by the database's clock.</summary>
    public DateTimeOffset EnqueuedAt { get; private set; }

    /// <summary>What its last failed attempt ended with, the first 4,000 characters; <see langword="null"/> when none failed.</summary>
    public string? LastError { get; private set; }

    /// <summary>When it became a dead letter, by the database's clock.</summary>
    public DateTimeOffset? DiedAt { get; private set; }
}
