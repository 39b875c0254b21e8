using System.Text.Json;

namespace Tiebreak.Races.Scenarios;

/// <summary>Answers that say no, by the forms in which applications say it.</summary>
internal static class Refusal
{
    private static readonly HashSet<string> Success = new(["succeeded", "success", "successful", "issuccess", "ok"], StringComparer.OrdinalIgnoreCase);
    private static readonly HashSet<string> Failure = new(["error", "errors"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether it does: a status of 400 and more, an exit code but 0, <c>succeeded</c> that is false, an <c>error</c>.</summary>
    public static bool Is(string answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            return Is(document.RootElement);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool Is(JsonElement answer) => answer.ValueKind switch
    {
        JsonValueKind.Object => answer.EnumerateObject().Any(IsRefusal),
        JsonValueKind.Number => answer.TryGetInt32(out var status) && status is >= 400 and < 600,
        _ => false,
    };

    private static bool IsRefusal(JsonProperty member) => member.Name switch
    {
        "status" or "statusCode" or "StatusCode" => Is(member.Value),
        "exitCode" => member.Value is { ValueKind: JsonValueKind.Number } code && code.TryGetInt32(out var number) && number != 0,
        _ when Success.Contains(member.Name) => member.Value.ValueKind is JsonValueKind.False,
        _ when Failure.Contains(member.Name) => member.Value.ValueKind switch
        {
            JsonValueKind.String => member.Value.GetString()!.Length > 0,
            JsonValueKind.Array => member.Value.GetArrayLength() > 0,
            JsonValueKind.Object => true,
            _ => false,
        },
        _ => false,
    };
}
