using System.Security.Cryptography;

namespace Tiebreak.Server.Outcomes;

/// <summary>
/// What makes two requests the same one: the caller's idempotency key and a hash of what was asked. Without a key
/// every request is its own.
/// </summary>
/// <param name="Key">The <c>Idempotency-Key</c> header; <see langword="null"/> when there was none.</param>
/// <param name="PayloadHash">SHA-256 of the payload as it was understood, so that spacing and the order of members do not matter.</param>
internal sealed record Identity(string? Key, byte[]? PayloadHash)
{
    /// <summary>A request without an idempotency key.</summary>
    public static Identity None { get; } = new(null, null);

    /// <summary>Whether the payload is the one that the key was first used with.</summary>
    /// <param name="firstPayloadHash">The hash that was kept with the record.</param>
    public bool SamePayloadAs(byte[]? firstPayloadHash) =>
        PayloadHash is not null && firstPayloadHash is not null && CryptographicOperations.FixedTimeEquals(PayloadHash, firstPayloadHash);
}
