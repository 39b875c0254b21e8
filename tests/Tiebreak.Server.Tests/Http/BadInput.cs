using System.Text;

namespace Tiebreak.Server.Tests.Http;

/// <summary>One request that must be refused, and the place that the refusal must name.</summary>
/// <param name="Name">What is wrong with it.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The address.</param>
/// <param name="Body">The raw bytes; none when null.</param>
/// <param name="Pointer">The pointer that the answer must contain; null where none applies.</param>
public sealed record BadRequest(string Name, string Method, string Path, byte[]? Body = null, string? Pointer = null)
{
    public string? ContentType { get; init; } = "application/json";

    public string? IdempotencyKey { get; init; }

    /// <summary>The query's parameter that the answer must name; null where none applies.</summary>
    public string? Parameter { get; init; }

    public override string ToString() => $"{Method} {(Path.Length > 80 ? Path[..80] + "..." : Path)}: {Name}";
}

/// <summary>A route with a body that is right, from which wrong ones are made.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">An address that exists.</param>
/// <param name="Members">Each member's name and a right value, as JSON.</param>
/// <param name="Required">The members that may not be left out.</param>
public sealed record BodyRoute(string Method, string Path, IReadOnlyDictionary<string, string> Members, IReadOnlyList<string> Required)
{
    private static readonly string Long = new('x', 201);

    private static readonly string[] WrongTexts = ["true", "5", "[]", "{}", "\"\"", $"\"{Long}\"", "\"a\\u0000b\"", "\"a\\nb\"", "\"\\ud800\"", "\"\\u009f\""];

    private static readonly string[] WrongNumbers = ["true", "\"5\"", "[]", "{}", "-1", "0", "1.5", "1e400", "99999999999999999999", "-9223372036854775809", "NaN"];

    private static readonly string[] WrongLists = ["true", "5", "{}", "\"A1\"", "[5]", "[null]", "[[]]", "[\"\"]"];

    private static readonly string[] WrongObjects = ["true", "5", "[]", "\"x\"", "{\"amount\": \"5\"}", "{\"amount\": -1}", "{}"];

    /// <summary>Every wrong body of this route.</summary>
    public IEnumerable<BadRequest> Wrong()
    {
        foreach (var (name, value) in Members)
        {
            foreach (var wrong in WrongFor(value))
            {
                // NaN is no JSON at all: it is refused, and there is no place to point at but the whole.
                yield return Make($"{name} is {(wrong.Length > 40 ? "too long" : wrong)}", With(name, wrong), wrong == "NaN" ? string.Empty : "/" + name);
            }

            yield return Make($"{name} twice", $"{{{string.Join(",", Members.Select(Json))},\"{name}\":{value}}}", "/" + name);
        }

        foreach (var name in Required)
        {
            yield return Make($"no {name}", $"{{{string.Join(",", Members.Where(member => member.Key != name).Select(Json))}}}", "/" + name);
            yield return Make($"{name} is null", With(name, "null"), "/" + name);
        }

        yield return Make("an unknown member", $"{{{string.Join(",", Members.Select(Json).Append("\"colour\":\"red\""))}}}", "/colour");
        yield return Make("an unknown member whose name needs escaping", $"{{{string.Join(",", Members.Select(Json).Append("\"a/b~c\":1"))}}}", "/a~1b~0c");
        foreach (var broken in new[] { "{", "{\"a\":", "nul", "{'a':1}", "{} {}", "[1,", "\u0000", new string('[', 200) })
        {
            yield return Make($"broken JSON {(broken.Length > 20 ? "nested too deep" : broken)}", broken, string.Empty);
        }

        foreach (var other in new[] { "null", "[]", "5", "\"text\"", "true" })
        {
            yield return Make($"the body is {other}", other, string.Empty);
        }

        yield return Make("no body", string.Empty, string.Empty);
        yield return new BadRequest("broken UTF-8", Method, Path, [.. "{\"name\":\""u8, 0xC3, 0x28, 0xFF, .. "\"}"u8], string.Empty);
        yield return new BadRequest("a body over the bound", Method, Path, Encoding.UTF8.GetBytes($"{{\"padding\":\"{new string('p', 70_000)}\"}}"));
        yield return Make("text/plain", Right, null) with { ContentType = "text/plain" };
        yield return Make("no content type", Right, null) with { ContentType = null };
        yield return Make("a form", "a=b", null) with { ContentType = "application/x-www-form-urlencoded" };
        yield return Make("UTF-16 declared", Right, null) with { ContentType = "application/json; charset=utf-16" };
        if (Method == "POST")
        {
            foreach (var key in new[] { string.Empty, new string('k', 256), "a b", "schl\u00fcssel", "tab\tbed" })
            {
                yield return Make($"idempotency key of {key.Length} characters", Right, null) with { IdempotencyKey = key };
            }
        }
    }

    private string Right => $"{{{string.Join(",", Members.Select(Json))}}}";

    private static string Json(KeyValuePair<string, string> member) => $"\"{member.Key}\":{member.Value}";

    private static string[] WrongFor(string value) => value[0] switch
    {
        '"' => WrongTexts,
        '[' => WrongLists,
        '{' => WrongObjects,
        _ => WrongNumbers,
    };

    private string With(string name, string value) =>
        $"{{{string.Join(",", Members.Select(member => member.Key == name ? $"\"{name}\":{value}" : Json(member)))}}}";

    private BadRequest Make(string name, string json, string? pointer) => new(name, Method, Path, Encoding.UTF8.GetBytes(json), pointer);
}
