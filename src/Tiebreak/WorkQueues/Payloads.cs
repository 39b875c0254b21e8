using System.Text.Json;

namespace Tiebreak.WorkQueues;

/// <summary>Makes the handler's job of a claimed row.</summary>
internal static class Payloads
{
    /// <exception cref="RejectJobException">The payload is not one of this type.</exception>
    public static Job<TPayload> JobOf<TPayload>(ClaimedJob claimed, string queue, JsonSerializerOptions? json) =>
        new(claimed.Id, queue, claimed.Key, Read<TPayload>(claimed.Payload, json), claimed.Attempt, claimed.EnqueuedAt);

    private static TPayload Read<TPayload>(string payload, JsonSerializerOptions? json)
    {
        try
        {
            return JsonSerializer.Deserialize<TPayload>(payload, json)
                ?? throw new RejectJobException($"The payload is null, which is no {typeof(TPayload).Name}.");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new RejectJobException($"The payload does not deserialise as {typeof(TPayload).FullName}: {exception.Message}", exception);
        }
    }
}
