using Tiebreak.Server.Http.Problems;

namespace Tiebreak.Server.Access;

/// <summary>
/// Refuses writes that another site's page has a browser send. A body is taken as JSON only, which a browser asks about
/// first; a call without a body (a confirm, a cancellation) and a page's form it just sends. Browsers say where a request
/// comes from in <c>Sec-Fetch-Site</c> (W3C, Fetch Metadata), older ones in <c>Origin</c> (RFC 6454, section 7); other
/// programs send neither, and are nobody's victim.
/// </summary>
internal static class CrossSite
{
    public static void UseCrossSiteRefusal(this WebApplication app) => app.Use(next => httpContext =>
        IsRead(httpContext.Request.Method) || IsFromHere(httpContext.Request)
            ? next(httpContext)
            : new ProblemResult(HttpProblems.CrossSiteRequest).ExecuteAsync(httpContext));

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method);

    /// <summary>Also not from the same site by another port or name: what runs there is another program.</summary>
    private static bool IsFromHere(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is [var site, ..])
        {
            return site is "same-origin" or "none";
        }

        // Behind a proxy that ends TLS the scheme differs, the authority does not.
        return request.Headers.Origin is not [var origin, ..]
            || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority.Equals(AuthorityOf(request), StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>As <see cref="Uri.Authority"/> has it: without the port that goes without saying.</summary>
    private static string AuthorityOf(HttpRequest request) =>
        Uri.TryCreate($"{request.Scheme}://{request.Host.ToUriComponent()}", UriKind.Absolute, out var own) ? own.Authority : string.Empty;
}
