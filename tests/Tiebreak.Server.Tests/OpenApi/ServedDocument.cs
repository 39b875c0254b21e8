using System.Text.Json;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.OpenApi;

/// <summary>The document as the server sends it, and what was seen of what it promises.</summary>
internal sealed class ServedDocument(JsonElement root)
{
    /// <summary>"POST /v1/groups 201", "POST /v1/groups 400 invalid-request": every answer that came so far.</summary>
    public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);

    public JsonElement Root { get; } = root;

    /// <summary>Every route with its method, in capitals.</summary>
    public IEnumerable<(string Method, string Path, JsonElement Operation)> Operations =>
        from path in Root.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (operation.Name.ToUpperInvariant(), path.Name, operation.Value);

    /// <summary>Every answer that the document promises, as <see cref="Seen"/> has them.</summary>
    public IEnumerable<string> Promised =>
        from operation in Operations
        from answer in operation.Operation.GetProperty("responses").EnumerateObject()
        from code in answer.Name[0] == '2' ? [string.Empty] : ContentOf(answer.Value).GetProperty("examples").EnumerateObject().Select(example => " " + example.Name)
        select $"{operation.Method} {operation.Path} {answer.Name}{code}";

    /// <summary>What is wrong with an answer, and with the request where it was accepted.</summary>
    public IReadOnlyList<string> Faults(string method, string address, string? body, ApiAnswer answer)
    {
        var (_, path, operation) = Operations.Single(one => one.Method == method && Matches(one.Path, address));
        var name = $"{method} {path} {answer.Kind}";
        Seen.Add(name);
        if (!operation.GetProperty("responses").TryGetProperty($"{answer.Status}", out var response))
        {
            return [$"{name} is not in the document"];
        }

        var faults = new List<string>();
        if (answer.Text.Length == 0)
        {
            faults.AddRange(response.TryGetProperty("content", out _) ? ["it has no body"] : []);
        }
        else
        {
            var content = response.GetProperty("content").GetProperty(answer.MediaType!);
            faults.AddRange(SchemaCheck.Faults(Root, content.GetProperty("schema"), answer.Json, isClosed: true));
            faults.AddRange(answer.Code is null || content.GetProperty("examples").TryGetProperty(answer.Code, out _) ? [] : [$"{answer.Code} is not among the problems of the route"]);
        }

        foreach (var header in new[] { "Location", "Retry-After", "Idempotency-Replayed" })
        {
            var isPromised = response.TryGetProperty("headers", out var headers) && headers.TryGetProperty(header, out _);
            if (answer.Headers.ContainsKey(header) ? !isPromised : isPromised && header != "Idempotency-Replayed")
            {
                faults.Add($"the header {header} is {(isPromised ? "missing" : "not in the document")}");
            }
        }

        if (answer.Status < 300 && body is { Length: > 0 })
        {
            var accepted = operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");
            faults.AddRange(SchemaCheck.Faults(Root, accepted, JsonDocument.Parse(body).RootElement).Select(fault => $"of the accepted body: {fault}"));
        }

        return [.. faults.Select(fault => $"{name}: {fault}")];
    }

    public static JsonElement ContentOf(JsonElement response) => response.GetProperty("content").EnumerateObject().Single().Value;

    private static bool Matches(string path, string address)
    {
        var (names, values) = (path.Split('/'), address.Split('?')[0].Split('/'));
        return names.Length == values.Length && names.Zip(values).All(pair => pair.First.StartsWith('{') || pair.First == pair.Second);
    }
}
