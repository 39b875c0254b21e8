using Microsoft.AspNetCore.Diagnostics;

namespace Tiebreak.Server.Http;

/// <summary>Gives the framework's own empty answers (no route, wrong method, wrong media type) their problem document.</summary>
internal static class BareStatus
{
    public static Task DescribeAsync(StatusCodeContext context)
    {
        var kind = context.HttpContext.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => HttpProblems.NotFound,
            StatusCodes.Status405MethodNotAllowed => HttpProblems.MethodNotAllowed,
            StatusCodes.Status413PayloadTooLarge => HttpProblems.BodyTooLarge,
            StatusCodes.Status415UnsupportedMediaType => HttpProblems.UnsupportedMediaType,
            StatusCodes.Status400BadRequest => HttpProblems.InvalidRequest,
            _ => null,
        };
        return kind is null ? Task.CompletedTask : new ProblemResult(kind).ExecuteAsync(context.HttpContext);
    }
}
