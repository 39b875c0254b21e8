namespace Tiebreak.WorkQueues;

/// <summary>A job that this worker may run, for as long as <paramref name="Token"/> stands in its row.</summary>
internal sealed record ClaimedJob(Guid Id, Guid Token, string? Key, string Payload, int Attempt, DateTimeOffset EnqueuedAt);

/// <summary>What one claim found.</summary>
/// <param name="Jobs">The claimed ones.</param>
/// <param name="KeysVisited">At how many keys' lines it looked.</param>
/// <param name="LastKey">The last one of these, in the order of the keys.</param>
internal sealed record ClaimResult(IReadOnlyList<ClaimedJob> Jobs, int KeysVisited, string? LastKey);
