using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Http.Problems;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Http.OpenApi;

/// <summary>
/// Completes the generated OpenAPI document with what the framework cannot see: the names and problems of the routes,
/// their parameters and headers, and examples.
/// </summary>
internal sealed class OpenApiContract(ProblemCatalog catalog) : IOpenApiOperationTransformer, IOpenApiDocumentTransformer
{
    private static readonly Dictionary<string, string> Tags = new(StringComparer.Ordinal)
    {
        ["Groups and invites"] = "Codes that let so many people into a group, and not one more.",
        ["Events and bookings"] = "Places and seats, each sold once.",
        ["Points"] = "Accounts whose balance is the sum of their entries.",
        ["Health"] = "Whether the server lives and can do its work.",
    };

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Tiebreak.Server",
            Version = "1",
            Description = "Invites with limited uses, tickets with limited places, points that never get lost: race-free, whatever arrives at once.",
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };
        document.Servers = [new OpenApiServer { Url = "/" }];
        foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>())
        {
            tag.Description = Tags[tag.Name!];
        }

        return Task.CompletedTask;
    }

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var method = context.Description.HttpMethod;
        var path = "/" + context.Description.RelativePath;
        operation.OperationId = NameOf(metadata.OfType<MethodInfo>().Last());
        OpenApiParameters.Complete(operation, method, metadata);

        if (metadata.OfType<RouteContract.BodyExample>().FirstOrDefault() is { } body && operation.RequestBody?.Content?.TryGetValue("application/json", out var content) == true)
        {
            content.Example = JsonNode.Parse(body.Json);
            if (body.Json == "{}" && operation.RequestBody is OpenApiRequestBody optional)
            {
                optional.Required = false;
            }
        }

        operation.Responses ??= [];
        foreach (var answer in metadata.OfType<RouteContract.AnswerExample>())
        {
            CompleteAnswer((OpenApiResponse)operation.Responses[answer.Status.ToString(CultureInfo.InvariantCulture)], answer, method);
        }

        context.Document?.AddComponent(OpenApiProblems.Schema, OpenApiProblems.SchemaOf(catalog));
        var kinds = metadata.OfType<RouteContract.RouteProblems>().SelectMany(problems => problems.Kinds).Concat(SharedBy(path, method));
        OpenApiProblems.Add(operation.Responses, kinds, path, context.Document);
        return Task.CompletedTask;
    }

    /// <summary>What a generated client calls the route: the name of what answers it, so that both are found by one word.</summary>
    private static string NameOf(MethodInfo handler) => JsonNamingPolicy.CamelCase.ConvertName(handler.Name.EndsWith("Async", StringComparison.Ordinal) ? handler.Name[..^5] : handler.Name);

    private static void CompleteAnswer(OpenApiResponse response, RouteContract.AnswerExample answer, string? method)
    {
        response.Content!["application/json"].Example = answer.Json.DeepClone();
        if (method == HttpMethods.Post)
        {
            OpenApiParameters.AddHeader(response, IdempotencyHeader.Replayed, JsonSchemaType.String, "`true` when this is the first answer again and nothing was done now. Left out otherwise.");
        }

        if (answer.IsLocated)
        {
            OpenApiParameters.AddHeader(response, "Location", JsonSchemaType.String, "Where it stands from now on.");
        }
    }

    private static IEnumerable<ProblemKind> SharedBy(string path, string? method)
    {
        if (path.StartsWith(Health.LivePath, StringComparison.Ordinal))
        {
            return [HttpProblems.InvalidRequest];
        }

        if (path.StartsWith("/health", StringComparison.Ordinal))
        {
            return [HttpProblems.InvalidRequest, HttpProblems.DatabaseUnavailable, HttpProblems.ShuttingDown];
        }

        IEnumerable<ProblemKind> all = [HttpProblems.InvalidRequest, HttpProblems.ForwardedRequest, HttpProblems.TooManyRequests, HttpProblems.InternalError, HttpProblems.DatabaseUnavailable, HttpProblems.ShuttingDown];
        if (method != HttpMethods.Get)
        {
            all = all.Concat([HttpProblems.CrossSiteRequest, HttpProblems.Busy, HttpProblems.OutcomeUnknown]);
        }

        if (method == HttpMethods.Post || method == HttpMethods.Put)
        {
            all = all.Concat([HttpProblems.BodyTooLarge, HttpProblems.RequestTimeout, HttpProblems.UnsupportedMediaType]);
        }

        return method == HttpMethods.Post ? all.Append(SharedRefusals.IdempotencyKeyReused) : all;
    }
}
