using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Tiebreak.Server.Http.Problems;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Http.OpenApi;

/// <summary>The problems of the OpenAPI document: each route's, and what a problem looks like.</summary>
internal static class OpenApiProblems
{
    public const string Schema = "Problem";

    /// <summary>Adds an answer for each status, with an example of each of its problems.</summary>
    public static void Add(OpenApiResponses responses, IEnumerable<ProblemKind> kinds, string path, OpenApiDocument? document)
    {
        foreach (var status in kinds.Distinct().GroupBy(kind => kind.Status))
        {
            var response = new OpenApiResponse
            {
                Description = string.Join(' ', status.Select(kind => $"`{kind.Code}`: {kind.Title}")),
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    [ProblemResult.ContentType] = new OpenApiMediaType
                    {
                        Schema = new OpenApiSchemaReference(Schema, document),
                        Examples = status.ToDictionary(kind => kind.Code, kind => (IOpenApiExample)new OpenApiExample { Summary = kind.Title, Value = Example(kind, path) }, StringComparer.Ordinal),
                    },
                },
            };
            if (status.All(kind => kind.IsRetryable))
            {
                OpenApiParameters.AddHeader(response, "Retry-After", JsonSchemaType.Integer, "After how many seconds to try again.");
            }

            responses[status.Key.ToString(CultureInfo.InvariantCulture)] = response;
        }
    }

    /// <summary>What every problem has, and the facts that some have.</summary>
    public static OpenApiSchema SchemaOf(ProblemCatalog catalog)
    {
        var properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["type"] = Text("Where the problem is described on this server: /problems/ and the code."),
            ["title"] = Text("The same for each occurrence."),
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Description = "The HTTP status." },
            ["detail"] = Text("What to do."),
            ["instance"] = Text("The address that was called."),
            ["code"] = Text("What a client switches on."),
        };
        var required = properties.Keys.ToHashSet(StringComparer.Ordinal);
        foreach (var member in catalog.Kinds.SelectMany(kind => kind.Members.Select(member => (kind.Code, Member: member))).GroupBy(one => one.Member.Name, StringComparer.Ordinal))
        {
            var schema = SchemaOf(member.First().Member.Example);
            schema.Description = string.Join(' ', member.GroupBy(one => one.Member.Description, StringComparer.Ordinal).Select(said => $"Of {string.Join(", ", said.Select(one => $"`{one.Code}`"))}: {said.Key}"));
            properties[member.Key] = schema;
        }

        return new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "RFC 9457. Which of the members beyond the required ones come with a problem is said where the problem is.",
            Properties = properties,
            Required = required,
            // A later version may tell more; a client reads past it.
            AdditionalProperties = new OpenApiSchema(),
        };
    }

    private static OpenApiSchema SchemaOf(JsonNode example) => example switch
    {
        JsonArray list when list[0] is JsonObject => new OpenApiSchema { Type = JsonSchemaType.Array, Items = SchemaOf([.. list.Cast<JsonObject>()]) },
        JsonArray list => new OpenApiSchema { Type = JsonSchemaType.Array, Items = SchemaOf(list[0]!) },
        _ when example.GetValueKind() == JsonValueKind.Number => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
        _ => new OpenApiSchema { Type = JsonSchemaType.String },
    };

    /// <summary>Objects that have some of these members; those that each of them has are required.</summary>
    private static OpenApiSchema SchemaOf(IReadOnlyList<JsonObject> examples) => new()
    {
        Type = JsonSchemaType.Object,
        Properties = examples.SelectMany(example => example).DistinctBy(member => member.Key, StringComparer.Ordinal)
            .ToDictionary(member => member.Key, IOpenApiSchema (member) => SchemaOf(member.Value!), StringComparer.Ordinal),
        Required = examples[0].Select(member => member.Key).Where(name => examples.All(example => example.ContainsKey(name))).ToHashSet(StringComparer.Ordinal),
    };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };

    private static JsonObject Example(ProblemKind kind, string path)
    {
        var example = new JsonObject
        {
            ["type"] = "/problems/" + kind.Code,
            ["title"] = kind.Title,
            ["status"] = kind.Status,
            ["detail"] = kind.Explanation,
            ["instance"] = path,
            ["code"] = kind.Code,
        };
        foreach (var member in kind.Members)
        {
            example[member.Name] = member.Example.DeepClone();
        }

        return example;
    }
}
