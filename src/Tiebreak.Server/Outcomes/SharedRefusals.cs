namespace Tiebreak.Server.Outcomes;

/// <summary>Refusals that every system may answer with.</summary>
internal static class SharedRefusals
{
    public static readonly ProblemKind IdempotencyKeyReused = new("idempotency-key-reused", 422, "The idempotency key was used for another payload.",
        "This key already stands for a request with other contents on the same address. Nothing was changed. Use a new key for a new request; repeat a request exactly to get its first answer again.");
}
