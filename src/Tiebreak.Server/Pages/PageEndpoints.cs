using Microsoft.AspNetCore.Http.HttpResults;
using Tiebreak.Server.Http.Problems;

namespace Tiebreak.Server.Pages;

/// <summary>The pages for people: what runs here, and what each problem means.</summary>
internal static class PageEndpoints
{
    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup(string.Empty).ExcludeFromDescription().AddEndpointFilter(AddPolicyAsync);
        pages.MapGet("/", (HttpRequest request) =>
            new RazorComponentResult<Home>(new { Server = $"{request.Scheme}://{request.Host.ToUriComponent()}" }));
        pages.MapGet("/problems", (ProblemCatalog catalog) =>
            new RazorComponentResult<Problems>(new { Kinds = catalog.Kinds.OrderBy(kind => kind.Status).ThenBy(kind => kind.Code, StringComparer.Ordinal).ToList() }));
        pages.MapGet("/problems/{code}", IResult (string code, ProblemCatalog catalog) =>
            catalog.Find(code) is { } kind ? new RazorComponentResult<Problem>(new { Kind = kind }) : new ProblemResult(HttpProblems.NotFound));
    }

    /// <summary>The pages carry their style themselves and load nothing: a browser is told to refuse anything else.</summary>
    private static ValueTask<object?> AddPolicyAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var headers = context.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
        return next(context);
    }
}
