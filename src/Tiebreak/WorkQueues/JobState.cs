namespace Tiebreak.WorkQueues;

/// <summary>What may happen to a job next. Stored as lower-case text.</summary>
public enum JobState
{
    /// <summary>It waits: for a worker, for its time, or for the earlier jobs of its key.</summary>
    Ready,

    /// <summary>A worker has claimed it. When the claim's lease ends unrenewed it is ready again.</summary>
    Running,

    /// <summary>A dead letter: given up. It stays until it is requeued or discarded.</summary>
    Dead,
}
