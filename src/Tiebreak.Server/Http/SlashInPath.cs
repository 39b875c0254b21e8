using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Tiebreak.Server.Http;

/// <summary>
/// Decodes a slash within an id. The framework decodes every escape of a path but <c>%2F</c>, so that <c>a%2Fb</c> and
/// <c>a%252Fb</c> would name the same account, and neither of them the account <c>a/b</c> that a body can name
/// (dotnet/aspnetcore#11544).
/// </summary>
internal static class SlashInPath
{
    /// <summary>Runs behind routing, and sets the route's values anew from the address as it was sent.</summary>
    public static Task DecodeAsync(HttpContext httpContext, RequestDelegate next)
    {
        var sent = httpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (sent.Contains("%2F", StringComparison.OrdinalIgnoreCase) && httpContext.GetEndpoint() is RouteEndpoint route)
        {
            var segments = sent.Split('?', 2)[0].Split('/')[1..];
            for (var i = 0; i < route.RoutePattern.PathSegments.Count && i < segments.Length; i++)
            {
                if (route.RoutePattern.PathSegments[i].Parts is [RoutePatternParameterPart parameter])
                {
                    httpContext.Request.RouteValues[parameter.Name] = Uri.UnescapeDataString(segments[i]);
                }
            }
        }

        return next(httpContext);
    }
}
