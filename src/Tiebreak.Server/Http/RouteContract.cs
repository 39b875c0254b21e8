using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Http;

/// <summary>What a route takes and what it answers with, said beside the route and shown in the OpenAPI document.</summary>
internal static class RouteContract
{
    /// <summary>The route takes this body.</summary>
    public static RouteHandlerBuilder Takes<TBody>(this RouteHandlerBuilder route)
        where TBody : IRequestBody<TBody> =>
        route.Accepts<TBody>("application/json").WithMetadata(new BodyExample(TBody.Example));

    /// <summary>The route answers with this when it takes effect.</summary>
    public static RouteHandlerBuilder Gives<TAnswer>(this RouteHandlerBuilder route, int status = StatusCodes.Status200OK) =>
        route.Produces<TAnswer>(status, "application/json");

    /// <summary>The route answers with this status and no body when it takes effect.</summary>
    public static RouteHandlerBuilder Gives(this RouteHandlerBuilder route, int status) => route.Produces(status);

    /// <summary>The route may answer with these refusals, beside the problems that every route has.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ProblemKind[] kinds) => route.WithMetadata(new RouteProblems(kinds));

    /// <summary>A body that is valid, as JSON.</summary>
    internal sealed record BodyExample(string Json);

    /// <summary>The refusals of one route.</summary>
    internal sealed record RouteProblems(IReadOnlyList<ProblemKind> Kinds);
}
