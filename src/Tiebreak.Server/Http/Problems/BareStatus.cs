using Microsoft.AspNetCore.Diagnostics;
using Tiebreak.Server.Http.Bodies;

namespace Tiebreak.Server.Http.Problems;

/// <summary>Gives the framework's own empty answers (no route, wrong method, wrong media type) their problem document.</summary>
internal static class BareStatus
{
    public static Task DescribeAsync(StatusCodeContext context)
    {
        var kind = context.HttpContext.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => HttpProblems.NotFound,
            StatusCodes.Status405MethodNotAllowed => HttpProblems.MethodNotAllowed,
            StatusCodes.Status408RequestTimeout => HttpProblems.RequestTimeout,
            StatusCodes.Status413PayloadTooLarge => HttpProblems.BodyTooLarge,
            StatusCodes.Status415UnsupportedMediaType => HttpProblems.UnsupportedMediaType,
            StatusCodes.Status400BadRequest => HttpProblems.InvalidRequest,
            _ => null,
        };
        return kind is null ? Task.CompletedTask
            : kind == HttpProblems.InvalidRequest ? new ProblemResult(kind, null, ("errors", new[] { new RequestError("The web server cannot read the request, or does not serve the host that it names.") })).ExecuteAsync(context.HttpContext)
            : new ProblemResult(kind).ExecuteAsync(context.HttpContext);
    }
}
