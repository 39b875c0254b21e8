namespace Tiebreak.WorkQueues;

/// <summary>The line of one key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Waiting">Its jobs that are ready or delayed.</param>
/// <param name="IsRunning">Whether one of its jobs is claimed.</param>
/// <param name="IsHeld">Whether a dead letter holds it back (<see cref="QueueWorkerOptions.DeadLettersHoldKey"/>).</param>
/// <param name="Oldest">How long ago the first of its line was enqueued, by the database's clock.</param>
public sealed record KeyBacklog(string Key, long Waiting, bool IsRunning, bool IsHeld, TimeSpan Oldest);
