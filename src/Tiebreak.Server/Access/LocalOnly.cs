using System.Net;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Http.Problems;

namespace Tiebreak.Server.Access;

/// <summary>
/// A server that asks nobody who they are, on a loopback address, answers callers of its own machine only: not a
/// stranger's page whose name was made to resolve to this machine (DNS rebinding), and not a proxy that lets others in.
/// Whoever sets <c>AllowedHosts</c> has said which names it serves, and lifts this.
/// </summary>
internal static class LocalOnly
{
    /// <summary>The framework's own setting of its host filtering.</summary>
    public const string AllowedHosts = "AllowedHosts";

    public static void UseLocalOnly(this WebApplication app)
    {
        var isLifted = !string.IsNullOrEmpty(app.Configuration[AllowedHosts]);
        app.Use(next => httpContext => AnswerAsync(httpContext, next, isLifted));
    }

    private static Task AnswerAsync(HttpContext httpContext, RequestDelegate next, bool isLifted)
    {
        var request = httpContext.Request;
        if (!HostNames.IsValid(request.Host))
        {
            return RefuseHost(httpContext, "This header names the server: a name or an address, with or without a port.");
        }

        // What a supervisor asks says nothing of the inside.
        if (isLifted || !IsToLoopback(httpContext.Connection) || request.Path.StartsWithSegments("/health", StringComparison.OrdinalIgnoreCase))
        {
            return next(httpContext);
        }

        return !HostNames.IsLoopback(request.Host)
                ? RefuseHost(httpContext, $"This server answers to localhost and loopback addresses only. Set {AllowedHosts} to the names that it serves.")
            : request.Headers.Any(header => IsOfForwarding(header.Key)) ? new ProblemResult(HttpProblems.ForwardedRequest).ExecuteAsync(httpContext)
            : next(httpContext);
    }

    private static Task RefuseHost(HttpContext httpContext, string detail) =>
        new ProblemResult(HttpProblems.InvalidRequest, null, ("errors", new[] { new RequestError(detail, Header: "Host") })).ExecuteAsync(httpContext);

    /// <summary>A unix socket has no address, and is of this machine.</summary>
    private static bool IsToLoopback(ConnectionInfo connection) => connection.LocalIpAddress is not { } address || IPAddress.IsLoopback(address);

    /// <summary>RFC 7239; RFC 9110, section 7.6.3; and what came before them.</summary>
    private static bool IsOfForwarding(string header) =>
        header.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
        || header.Equals("Via", StringComparison.OrdinalIgnoreCase)
        || header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);
}
