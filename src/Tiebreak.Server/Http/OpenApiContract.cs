using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Http;

/// <summary>
/// Completes the generated OpenAPI document with what the framework cannot see: the problems of each route, the
/// idempotency key, the parameters of lists, and examples.
/// </summary>
internal sealed class OpenApiContract : IOpenApiOperationTransformer, IOpenApiDocumentTransformer, IOpenApiSchemaTransformer
{
    private const string ProblemSchema = "Problem";

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Tiebreak.Server",
            Version = "1",
            Description = "Invites with limited uses, tickets with limited places, points that never get lost: race-free, whatever arrives at once.",
        };
        document.Servers = [];
        return Task.CompletedTask;
    }

    /// <summary>A body takes the members that are named and no others.</summary>
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var takes = context.JsonTypeInfo.Type.GetInterfaces().Any(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IRequestBody<>));
        if (takes && context.JsonPropertyInfo is null)
        {
            schema.AdditionalPropertiesAllowed = false;
        }

        return Task.CompletedTask;
    }

    public async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        await AddProblemSchemaAsync(context, cancellationToken);
        AddParameters(operation, context.Description.HttpMethod, metadata);

        if (metadata.OfType<RouteContract.BodyExample>().FirstOrDefault() is { } body && operation.RequestBody?.Content?.TryGetValue("application/json", out var content) == true)
        {
            content.Example = JsonNode.Parse(body.Json);
            if (body.Json == "{}" && operation.RequestBody is OpenApiRequestBody optional)
            {
                optional.Required = false;
            }
        }

        foreach (var answer in metadata.OfType<IProducesResponseTypeMetadata>().Where(answer => answer.Type is { } type && type != typeof(void)))
        {
            if (operation.Responses?.TryGetValue(answer.StatusCode.ToString(System.Globalization.CultureInfo.InvariantCulture), out var response) == true
                && response.Content?.TryGetValue("application/json", out var answerContent) == true)
            {
                answerContent.Example = Examples.Of(answer.Type!, context.ApplicationServices);
            }
        }

        if (context.Description.HttpMethod == HttpMethods.Post)
        {
            AddReplayedHeader(operation);
        }

        AddProblems(operation, context, metadata);
    }

    private static void AddReplayedHeader(OpenApiOperation operation)
    {
        foreach (var answer in (operation.Responses ?? []).Where(answer => answer.Key.StartsWith('2')).Select(answer => answer.Value).OfType<OpenApiResponse>())
        {
            answer.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
            answer.Headers[IdempotencyHeader.Replayed] = new OpenApiHeader
            {
                Description = "`true` when this is the first answer again and nothing was done now.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            };
        }
    }

    private static async Task AddProblemSchemaAsync(OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Document?.Components?.Schemas?.ContainsKey(ProblemSchema) != true)
        {
            var schema = await context.GetOrCreateSchemaAsync(typeof(ProblemModel), null, cancellationToken);
            schema.AdditionalPropertiesAllowed = true;
            schema.Description = "RFC 9457. A problem may have further members; they are named where the problem is.";
            context.Document?.AddComponent(ProblemSchema, schema);
        }
    }

    private static void AddParameters(OpenApiOperation operation, string? method, IList<object> metadata)
    {
        operation.Parameters ??= [];
        if (method == HttpMethods.Post)
        {
            operation.Parameters.Add(Parameter(IdempotencyHeader.Name, ParameterLocation.Header, JsonSchemaType.String,
                "1 to 255 visible ASCII characters. A repetition with the same key and payload gets the first answer again, with the header Idempotency-Replayed: true.", "7f9c2ba4-e88f-4d1a-b7a5-0c5a1c1d2e3f"));
        }

        if (metadata.OfType<IProducesResponseTypeMetadata>().Any(answer => answer.Type is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(Page<>)))
        {
            operation.Parameters.Add(Parameter("limit", ParameterLocation.Query, JsonSchemaType.Integer, $"How many items at most, 1 to {PageQuery.MaxLimit}; {PageQuery.DefaultLimit} when left out.", PageQuery.DefaultLimit));
            operation.Parameters.Add(Parameter("cursor", ParameterLocation.Query, JsonSchemaType.String, "The `next` of the page before.", "MDowMTk0"));
        }
    }

    private static OpenApiParameter Parameter(string name, ParameterLocation place, JsonSchemaType type, string description, JsonNode example) => new()
    {
        Name = name,
        In = place,
        Description = description,
        Example = example,
        Schema = new OpenApiSchema { Type = type },
    };

    private static void AddProblems(OpenApiOperation operation, OpenApiOperationTransformerContext context, IList<object> metadata)
    {
        operation.Responses ??= [];
        var path = "/" + context.Description.RelativePath;
        var kinds = metadata.OfType<RouteContract.RouteProblems>().SelectMany(problems => problems.Kinds).Concat(SharedBy(path, context.Description.HttpMethod)).Distinct();
        foreach (var status in kinds.GroupBy(kind => kind.Status))
        {
            operation.Responses[status.Key.ToString(System.Globalization.CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = string.Join(" ", status.Select(kind => $"`{kind.Code}`: {kind.Title}")),
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    [ProblemResult.ContentType] = new OpenApiMediaType
                    {
                        Schema = new OpenApiSchemaReference(ProblemSchema, context.Document),
                        Examples = status.ToDictionary(kind => kind.Code, kind => (IOpenApiExample)new OpenApiExample { Summary = kind.Title, Value = Example(kind, path) }, StringComparer.Ordinal),
                    },
                },
            };
        }
    }

    private static IEnumerable<ProblemKind> SharedBy(string path, string? method)
    {
        if (path.StartsWith("/health/live", StringComparison.Ordinal))
        {
            return [];
        }

        if (path.StartsWith("/health", StringComparison.Ordinal))
        {
            return [HttpProblems.DatabaseUnavailable, HttpProblems.ShuttingDown];
        }

        IEnumerable<ProblemKind> all = [HttpProblems.InvalidRequest, HttpProblems.TooManyRequests, HttpProblems.InternalError, HttpProblems.DatabaseUnavailable, HttpProblems.ShuttingDown];
        if (method != HttpMethods.Get)
        {
            all = all.Concat([HttpProblems.Busy, HttpProblems.OutcomeUnknown]);
        }

        if (method == HttpMethods.Post || method == HttpMethods.Put)
        {
            all = all.Concat([HttpProblems.BodyTooLarge, HttpProblems.UnsupportedMediaType]);
        }

        return method == HttpMethods.Post ? all.Append(SharedRefusals.IdempotencyKeyReused) : all;
    }

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
        foreach (var member in kind.Members.Keys)
        {
            example[member] = kind == HttpProblems.InvalidRequest
                ? new JsonArray(new JsonObject { ["pointer"] = "/name", ["detail"] = "This member is required." })
                : Examples.OfMember(member);
        }

        return example;
    }
}

/// <summary>RFC 9457, as every error has it.</summary>
/// <param name="Type">Where the problem is described on this server.</param>
/// <param name="Title">The same for each occurrence.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What to do.</param>
/// <param name="Instance">The address that was called.</param>
/// <param name="Code">What a client switches on.</param>
internal sealed record ProblemModel(string Type, string Title, int Status, string Detail, string Instance, string Code);
