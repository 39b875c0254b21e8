namespace Tiebreak.WorkQueues;

/// <summary>How full a queue is, at one moment.</summary>
/// <param name="Ready">Jobs that could run now, those that wait for an earlier one of their key included.</param>
/// <param name="Delayed">Jobs whose time has not come: enqueued for later, or in the pause after a failure.</param>
/// <param name="Running">Claimed jobs.</param>
/// <param name="Dead">Dead letters.</param>
/// <param name="OldestReady">How long the oldest ready job has been waiting since it was due, by the database's clock; <see langword="null"/> when none is ready.</param>
public sealed record QueueCounts(long Ready, long Delayed, long Running, long Dead, TimeSpan? OldestReady);
