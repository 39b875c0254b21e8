using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tiebreak.Server.Http.Bodies;

namespace Tiebreak.Server.Tests.OpenApi;

/// <summary>
/// Checks a value against a schema of the served document: the part of JSON Schema that the document uses. A keyword
/// that is not known here is a fault of its own, so that nothing passes unchecked.
/// </summary>
/// <param name="document">Where references lead.</param>
/// <param name="isClosed">Whether an object has no members but those that its schema names: what the server itself sends.</param>
internal sealed class SchemaCheck(JsonElement document, bool isClosed)
{
    private readonly List<string> _faults = [];

    /// <summary>What does not fit, each with its place; none when the value fits.</summary>
    public static IReadOnlyList<string> Faults(JsonElement document, JsonElement schema, JsonElement value, bool isClosed = false)
    {
        var check = new SchemaCheck(document, isClosed);
        check.Check(schema, value, "$");
        return check._faults;
    }

    private void Check(JsonElement schema, JsonElement value, string place)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            if (!Fits(keyword.Name, keyword.Value, schema, value, place))
            {
                _faults.Add($"{place}: {(value.GetRawText() is { Length: > 80 } text ? text[..80] : value.GetRawText())} is against {keyword.Name} {keyword.Value.GetRawText()}");
            }
        }

        if (isClosed && value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var named))
        {
            _faults.AddRange(value.EnumerateObject().Where(member => !named.TryGetProperty(member.Name, out _)).Select(member => $"{place}: {member.Name} is not in the document"));
        }
    }

    private bool Fits(string keyword, JsonElement rule, JsonElement schema, JsonElement value, string place)
    {
        switch (keyword)
        {
            case "description" or "discriminator" or "example" or "default" or "summary":
                return true;
            case "$ref":
                Check(Resolve(rule.GetString()!), value, place);
                return true;
            case "type":
                return rule.ValueKind == JsonValueKind.String ? IsOfType(rule.GetString()!, value) : rule.EnumerateArray().Any(type => IsOfType(type.GetString()!, value));
            case "enum":
                return rule.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value));
            case "anyOf" or "oneOf":
                var fitting = rule.EnumerateArray().Count(one => Faults(document, one, value, isClosed).Count == 0);
                return keyword == "anyOf" ? fitting > 0 : fitting == 1;
        }

        return value.ValueKind switch
        {
            JsonValueKind.String => FitsText(keyword, rule, value.GetString()!),
            JsonValueKind.Number => FitsNumber(keyword, rule, value),
            JsonValueKind.Array => FitsList(keyword, rule, value, place),
            JsonValueKind.Object => FitsObject(keyword, rule, schema, value, place),
            _ => true,
        };
    }

    private static bool FitsText(string keyword, JsonElement rule, string text) => keyword switch
    {
        "minLength" => text.EnumerateRunes().Count() >= rule.GetInt32(),
        "maxLength" => text.EnumerateRunes().Count() <= rule.GetInt32(),
        "pattern" => Regex.IsMatch(text, rule.GetString()!, RegexOptions.None, TimeSpan.FromSeconds(1)),
        "format" => rule.GetString() switch
        {
            "uuid" => Guid.TryParseExact(text, "d", out _),
            "date-time" => Rfc3339.TryParse(text, out _),
            _ => false,
        },
        "minimum" or "maximum" or "items" or "uniqueItems" or "minItems" or "maxItems" => true,
        _ => false,
    };

    private static bool FitsNumber(string keyword, JsonElement rule, JsonElement value) => keyword switch
    {
        "minimum" => value.GetDecimal() >= decimal.Parse(rule.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture),
        "maximum" => value.GetDecimal() <= decimal.Parse(rule.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture),
        "format" => rule.GetString() switch
        {
            "int32" => value.TryGetInt32(out _),
            "int64" => value.TryGetInt64(out _),
            "double" => value.TryGetDouble(out _),
            _ => false,
        },
        "minLength" or "maxLength" or "pattern" => true,
        _ => false,
    };

    private bool FitsList(string keyword, JsonElement rule, JsonElement value, string place)
    {
        switch (keyword)
        {
            case "items":
                var i = 0;
                foreach (var element in value.EnumerateArray())
                {
                    Check(rule, element, string.Create(CultureInfo.InvariantCulture, $"{place}[{i++}]"));
                }

                return true;
            case "minItems":
                return value.GetArrayLength() >= rule.GetInt32();
            case "maxItems":
                return value.GetArrayLength() <= rule.GetInt32();
            case "uniqueItems":
                return !rule.GetBoolean() || value.EnumerateArray().Select(element => element.GetRawText()).Distinct(StringComparer.Ordinal).Count() == value.GetArrayLength();
            default:
                return false;
        }
    }

    private bool FitsObject(string keyword, JsonElement rule, JsonElement schema, JsonElement value, string place)
    {
        switch (keyword)
        {
            case "required":
                return rule.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _));
            case "maxProperties":
                return value.EnumerateObject().Count() <= rule.GetInt32();
            case "properties":
                foreach (var member in rule.EnumerateObject().Where(member => value.TryGetProperty(member.Name, out _)))
                {
                    Check(member.Value, value.GetProperty(member.Name), $"{place}.{member.Name}");
                }

                return true;
            case "additionalProperties":
                var others = value.EnumerateObject().Where(member => !schema.TryGetProperty("properties", out var named) || !named.TryGetProperty(member.Name, out _)).ToList();
                others.ForEach(member => CheckOther(rule, member, place));
                return rule.ValueKind != JsonValueKind.False || others.Count == 0;
            default:
                return false;
        }
    }

    private void CheckOther(JsonElement rule, JsonProperty member, string place)
    {
        if (rule.ValueKind == JsonValueKind.Object)
        {
            Check(rule, member.Value, $"{place}.{member.Name}");
        }
    }

    private JsonElement Resolve(string reference) =>
        reference[2..].Split('/').Aggregate(document, (place, name) => place.GetProperty(name));

    private static bool IsOfType(string type, JsonElement value) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && decimal.Truncate(number) == number,
        _ => false,
    };
}
