using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Http.Paging;

namespace Tiebreak.Server.Http.OpenApi;

/// <summary>The parameters and headers of the OpenAPI document, with their bounds.</summary>
internal static class OpenApiParameters
{
    /// <summary>Those in an address are known by their names, which mean the same on every route.</summary>
    private static readonly Dictionary<string, Func<OpenApiSchema>> InAddress = new(StringComparer.Ordinal)
    {
        ["groupId"] = ServerId,
        ["eventId"] = ServerId,
        ["bookingId"] = ServerId,
        ["userId"] = CallerId,
        ["buyerId"] = CallerId,
        ["accountId"] = CallerId,
        ["programId"] = CallerId,
        ["code"] = () => new OpenApiSchema { Type = JsonSchemaType.String },
    };

    private static readonly Dictionary<string, (string Description, string Example)> Said = new(StringComparer.Ordinal)
    {
        ["groupId"] = ("The group's id.", "01943c7e-0a4d-7e21-8c6b-1a2b3c4d5e6f"),
        ["eventId"] = ("The event's id.", "01943c7e-5c8e-7f10-a2b3-c4d5e6f70819"),
        ["bookingId"] = ("The booking's id.", "01943c7e-2b1f-7c3a-9d5e-4f6a7b8c9d0e"),
        ["userId"] = ("The caller's id of the person.", "ada"),
        ["buyerId"] = ("Only the bookings of this buyer; of all when it is left out.", "ada"),
        ["accountId"] = ("The caller's id of the account.", "ada"),
        ["programId"] = ("The caller's id of the program.", "shop"),
        ["code"] = ("The invite's code, compared as written.", "7KQ2MXB4RT9WD"),
    };

    public static void Complete(OpenApiOperation operation, string? method, IList<object> metadata)
    {
        operation.Parameters ??= [];
        foreach (var parameter in operation.Parameters.OfType<OpenApiParameter>())
        {
            parameter.Schema = InAddress[parameter.Name!]();
            (parameter.Description, parameter.Example) = Said[parameter.Name!];
        }

        if (method == HttpMethods.Post)
        {
            operation.Parameters.Add(Parameter(IdempotencyHeader.Name, ParameterLocation.Header, "7f9c2ba4-e88f-4d1a-b7a5-0c5a1c1d2e3f",
                "A repetition with the same key and payload gets the first answer again, with the header Idempotency-Replayed: true.",
                new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = Limits.IdempotencyKey, Pattern = "^[!-~]+$" }));
        }

        if (metadata.OfType<RouteContract.Paged>().Any())
        {
            operation.Parameters.Add(Parameter("limit", ParameterLocation.Query, PageQuery.DefaultLimit, "How many items at most.",
                new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1", Maximum = $"{PageQuery.MaxLimit}", Default = PageQuery.DefaultLimit }));
            operation.Parameters.Add(Parameter("cursor", ParameterLocation.Query, new Cursor("groups", 0, "01943c7e-0a4d-7e21-8c6b-1a2b3c4d5e6f").Encode(), "The `next` of the page before.",
                new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1 }));
        }
    }

    public static void AddHeader(OpenApiResponse response, string name, JsonSchemaType type, string description)
    {
        response.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
        response.Headers[name] = new OpenApiHeader { Description = description, Schema = new OpenApiSchema { Type = type } };
    }

    private static OpenApiSchema ServerId() => new() { Type = JsonSchemaType.String, Format = "uuid" };

    private static OpenApiSchema CallerId() => new() { Type = JsonSchemaType.String, MinLength = 1, MaxLength = Limits.Id };

    private static OpenApiParameter Parameter(string name, ParameterLocation place, JsonNode example, string description, OpenApiSchema schema) =>
        new() { Name = name, In = place, Description = description, Example = example, Schema = schema };
}
