using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Tiebreak.Server.Http;

/// <summary>Examples for the OpenAPI document, made from the types that are answered with, so that none goes stale.</summary>
internal static class Examples
{
    private static readonly Dictionary<string, Func<JsonNode>> Members = new(StringComparer.Ordinal)
    {
        ["id"] = () => "01943c7e-2b1f-7c3a-9d5e-4f6a7b8c9d0e",
        ["groupId"] = () => "01943c7e-0a4d-7e21-8c6b-1a2b3c4d5e6f",
        ["eventId"] = () => "01943c7e-5c8e-7f10-a2b3-c4d5e6f70819",
        ["userId"] = () => "ada",
        ["buyerId"] = () => "ada",
        ["accountId"] = () => "ada",
        ["programId"] = () => "loyalty",
        ["code"] = () => "7KQ2MXB4RT9WD",
        ["name"] = () => "Chess club",
        ["reason"] = () => "order 1001",
        ["next"] = () => "MDowMTk0",
        ["seat"] = () => "A1",
        ["state"] = () => "free",
        ["status"] = () => "confirmed",
        ["type"] = () => "rate",
        ["rule"] = () => "rate",
        ["seats"] = () => new JsonArray("A1", "A2"),
        ["balance"] = () => 120,
        ["balanceAfter"] = () => 120,
        ["lifetime"] = () => 120,
        ["points"] = () => 120,
        ["capacity"] = () => 100,
        ["available"] = () => 2,
        ["maxPerBuyer"] = () => 4,
        ["quantity"] = () => 2,
        ["maxUses"] = () => 50,
        ["uses"] = () => 1,
        ["usesLeft"] = () => 49,
    };

    /// <summary>An example of one member, by its name.</summary>
    public static JsonNode? OfMember(string name) => Members.TryGetValue(name, out var make) ? make() : null;

    /// <summary>An example of a whole answer.</summary>
    public static JsonNode? Of(Type type, IServiceProvider services) =>
        Of(services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions.GetTypeInfo(type), string.Empty);

    private static JsonNode? Of(JsonTypeInfo type, string name)
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object:
                var example = new JsonObject();
                foreach (var property in type.Properties)
                {
                    example[property.Name] = OfMember(property.Name) ?? Of(type.Options.GetTypeInfo(property.PropertyType), property.Name);
                }

                return example;
            case JsonTypeInfoKind.Enumerable when type.ElementType is { } element:
                return new JsonArray(Of(type.Options.GetTypeInfo(element), name));
            default:
                return OfValue(type.Type);
        }
    }

    private static JsonNode? OfValue(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(DateTimeOffset) ? "2030-01-31T18:00:00Z"
            : plain == typeof(string) ? "text"
            : plain == typeof(bool) ? true
            : plain == typeof(int) || plain == typeof(long) || plain == typeof(decimal) ? 1
            : null;
    }
}
