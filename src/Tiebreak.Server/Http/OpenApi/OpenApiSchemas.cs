using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Tiebreak.Server.Http.Bodies;

namespace Tiebreak.Server.Http.OpenApi;

/// <summary>Says in the OpenAPI document's schemas what the types alone do not.</summary>
internal sealed class OpenApiSchemas : IOpenApiSchemaTransformer
{
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        if (type.IsEnum)
        {
            schema.Type = JsonSchemaType.String;
        }

        if (type == typeof(string[]) && schema.MaxItems is not null && schema.Items is OpenApiSchema seat)
        {
            // The one kind of list of texts that a body has.
            schema.UniqueItems = true;
            (seat.MinLength, seat.MaxLength) = (1, Limits.Id);
        }

        if (context.JsonTypeInfo.Properties.Any(property => property.IsExtensionData))
        {
            schema.AdditionalProperties = new OpenApiSchema
            {
                Description = "What else the caller says. No rule reads it; a repetition has to have it too.",
                Type = JsonSchemaType.String | JsonSchemaType.Number | JsonSchemaType.Boolean | JsonSchemaType.Null,
                MaxLength = Limits.Id,
            };
        }
        else if (!type.IsAbstract && type.IsAssignableTo(typeof(IRequestPart)))
        {
            schema.AdditionalPropertiesAllowed = false;
        }

        return Task.CompletedTask;
    }
}
