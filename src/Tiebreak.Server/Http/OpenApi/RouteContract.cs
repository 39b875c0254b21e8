using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Http.Paging;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Http.OpenApi;

/// <summary>What a route takes and what it answers with, said beside the route and shown in the OpenAPI document.</summary>
internal static class RouteContract
{
    /// <summary>The route takes this body.</summary>
    public static RouteHandlerBuilder Takes<TBody>(this RouteHandlerBuilder route)
        where TBody : IRequestBody<TBody> =>
        route.Accepts<TBody>("application/json").WithMetadata(new BodyExample(TBody.Example));

    /// <summary>The route answers with this when it takes effect.</summary>
    /// <param name="route">The route.</param>
    /// <param name="example">An answer, of the type that is answered with.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="isLocated">Whether the header <c>Location</c> says where it stands.</param>
    public static RouteHandlerBuilder Gives<TAnswer>(this RouteHandlerBuilder route, TAnswer example, JsonTypeInfo<TAnswer> type, int status = StatusCodes.Status200OK, bool isLocated = false) =>
        route.Produces<TAnswer>(status, "application/json").WithMetadata(new AnswerExample(status, JsonSerializer.SerializeToNode(example, type)!, isLocated));

    /// <summary>The route answers with pages of these.</summary>
    public static RouteHandlerBuilder GivesPages<TItem>(this RouteHandlerBuilder route, TItem example, JsonTypeInfo<Page<TItem>> type) =>
        route.Gives(new Page<TItem>([example], null), type).WithMetadata(new Paged());

    /// <summary>The route answers with this status and no body when it takes effect.</summary>
    public static RouteHandlerBuilder Gives(this RouteHandlerBuilder route, int status) => route.Produces(status);

    /// <summary>The route may answer with these refusals, beside the problems that every route has.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ProblemKind[] kinds) => route.WithMetadata(new RouteProblems(kinds));

    /// <summary>A body that is valid, as JSON.</summary>
    internal sealed record BodyExample(string Json);

    /// <summary>What a route answers with when it takes effect, as JSON.</summary>
    internal sealed record AnswerExample(int Status, JsonNode Json, bool IsLocated);

    /// <summary>The route takes the parameters of lists.</summary>
    internal sealed record Paged;

    /// <summary>The refusals of one route.</summary>
    internal sealed record RouteProblems(IReadOnlyList<ProblemKind> Kinds);
}
