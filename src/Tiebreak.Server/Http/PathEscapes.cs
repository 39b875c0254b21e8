using System.Globalization;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;
using Tiebreak.Server.Http.Bodies;

namespace Tiebreak.Server.Http;

/// <summary>
/// Makes an address name one id, and each id have an address. The framework decodes every escape of a path but
/// <c>%2F</c>, so that <c>a%2Fb</c> and <c>a%252Fb</c> would name the same account, and neither of them the account
/// <c>a/b</c> that a body can name (dotnet/aspnetcore#11544). It also leaves what is no UTF-8 as it is: <c>a%FF</c>
/// would be another name of <c>a%25FF</c>.
/// </summary>
internal static class PathEscapes
{
    /// <summary>Runs behind routing, and sets the route's values anew from the address as it was sent where it has a <c>%2F</c>.</summary>
    /// <exception cref="InvalidRequestException">An escape is none, or the address has other segments than the route that was found.</exception>
    public static Task DecodeAsync(HttpContext httpContext, RequestDelegate next)
    {
        var path = PathOf(httpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        if (path.Contains('%', StringComparison.Ordinal) && !IsUtf8(path))
        {
            throw new InvalidRequestException(new RequestError("An escape in an address is % and two hexadecimal digits, and together they are UTF-8; the percent sign itself is %25."));
        }

        if (path.Contains("%2F", StringComparison.OrdinalIgnoreCase) && httpContext.GetEndpoint() is RouteEndpoint route)
        {
            var segments = path.Trim('/').Split('/');
            var pattern = route.RoutePattern.PathSegments;

            // Dots that the server has resolved, or doubled slashes: which segment is which is then a guess.
            if (segments.Length != pattern.Count || segments.Any(segment => Uri.UnescapeDataString(segment) is "." or ".." or ""))
            {
                throw new InvalidRequestException(new RequestError("An address with %2F in it has no other segments than those of its route."));
            }

            for (var i = 0; i < segments.Length; i++)
            {
                if (pattern[i].Parts is [RoutePatternParameterPart parameter])
                {
                    httpContext.Request.RouteValues[parameter.Name] = Uri.UnescapeDataString(segments[i]);
                }
            }
        }

        return next(httpContext);
    }

    private static bool IsUtf8(string path)
    {
        var bytes = new byte[path.Length];
        var count = 0;
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] != '%')
            {
                bytes[count++] = (byte)path[i];
            }
            else if (i + 2 < path.Length && byte.TryParse(path.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[count]))
            {
                count++;
                i += 2;
            }
            else
            {
                return false;
            }
        }

        return Utf8.IsValid(bytes.AsSpan(0, count));
    }

    /// <summary>The path of a request target, which may be absolute (RFC 9112, section 3.2.2).</summary>
    private static string PathOf(string target)
    {
        var path = target.Split('?', 2)[0];
        if (path.StartsWith('/'))
        {
            return path;
        }

        var authority = path.IndexOf("://", StringComparison.Ordinal);
        var slash = authority < 0 ? -1 : path.IndexOf('/', authority + 3);
        return slash < 0 ? string.Empty : path[slash..];
    }
}
