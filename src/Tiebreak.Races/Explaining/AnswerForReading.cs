using System.Text.Json;
using System.Text.Json.Nodes;
using Tiebreak.Races.Oracles;

namespace Tiebreak.Races.Explaining;

/// <summary>An answer as people want to see it: JSON that stands in a string is nested, not escaped.</summary>
internal static class AnswerForReading
{
    public static string Of(string answer)
    {
        try
        {
            return JsonNode.Parse(answer) is { } node && Opened(node) is { } opened ? opened.ToJsonString(RelaxedJson.Options) : answer;
        }
        catch (JsonException)
        {
            return answer;
        }
    }

    private static JsonNode? Opened(JsonNode? node) => node switch
    {
        JsonObject nested => new JsonObject(nested.Select(member => KeyValuePair.Create(member.Key, Opened(member.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Opened)]),
        JsonValue value when value.TryGetValue<string>(out var text) && text.AsSpan().Trim() is [('{' or '['), ..] => Parsed(text) ?? value.DeepClone(),
        _ => node?.DeepClone(),
    };

    private static JsonNode? Parsed(string text)
    {
        try
        {
            return Opened(JsonNode.Parse(text));
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
