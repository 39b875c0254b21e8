namespace Tiebreak.Server.Http.Bodies;

/// <summary>The header by which a caller says "this is the same request again".</summary>
internal static class IdempotencyHeader
{
    public const string Name = "Idempotency-Key";
    public const string Replayed = "Idempotency-Replayed";

    /// <exception cref="InvalidRequestException">The header is there and is not 1 to 255 visible ASCII characters, once.</exception>
    public static string? Read(HttpRequest request)
    {
        var values = request.Headers[Name];
        if (values.Count == 0)
        {
            return null;
        }

        var key = values.Count == 1 ? values[0] : null;
        return key is { Length: >= 1 and <= Limits.IdempotencyKey } && key.All(c => c is >= '!' and <= '~')
            ? key
            : throw new InvalidRequestException(new RequestError($"This header is sent once and has 1 to {Limits.IdempotencyKey} visible ASCII characters.", Header: Name));
    }
}
