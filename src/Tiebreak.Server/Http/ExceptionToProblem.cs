using Microsoft.AspNetCore.Diagnostics;
using Npgsql;
using Tiebreak.Lanes;
using Tiebreak.Transactions;

namespace Tiebreak.Server.Http;

/// <summary>The one place where an exception becomes an answer, and where an unexpected one is logged, once.</summary>
internal sealed class ExceptionToProblem(ILogger<ExceptionToProblem> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; nobody reads the answer.
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        await ToProblem(exception, ProblemResult.TraceIdOf(httpContext)).ExecuteAsync(httpContext);
        return true;
    }

    private ProblemResult ToProblem(Exception exception, string traceId)
    {
        switch (exception)
        {
            case InvalidRequestException invalid:
                return new ProblemResult(HttpProblems.InvalidRequest, null, ("errors", invalid.Errors));
            case BodyTooLargeException:
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return new ProblemResult(HttpProblems.BodyTooLarge);
            case UnsupportedBodyException:
                return new ProblemResult(HttpProblems.UnsupportedMediaType);
            case BadHttpRequestException bad:
                return new ProblemResult(HttpProblems.InvalidRequest, null, ("errors", new[] { new RequestError(bad.Message) }));
            case BusyException busy:
                logger.LogInformation("Busy after {WaitedMs} ms and {Attempts} attempts on {Keys}: {Reason}", busy.Waited.TotalMilliseconds, busy.Attempts, busy.Keys, busy.Message);
                return new ProblemResult(HttpProblems.Busy) { RetryAfterSeconds = busy is LaneFullException full ? (int)Math.Ceiling(full.RetryAfter.TotalSeconds) : 1 };
            case ConnectionLostException lost:
                logger.LogWarning("The database cannot be reached: {Reason}", lost.InnerException!.Message);
                return new ProblemResult(HttpProblems.DatabaseUnavailable) { RetryAfterSeconds = 1 };
            case CommitOutcomeUnknownException:
                logger.LogWarning(exception, "A connection was lost during COMMIT");
                return new ProblemResult(HttpProblems.OutcomeUnknown) { RetryAfterSeconds = 1 };
            default:
                return ToServerFailure(exception, traceId);
        }
    }

    private ProblemResult ToServerFailure(Exception exception, string traceId)
    {
        for (var current = exception; current is not null; current = current.InnerException)
        {
            // A server that refuses the session, and a wire that does not reach it, are the same to a caller.
            if (current is PostgresException refused ? EndsOrRefusesSession(refused.SqlState) : current is NpgsqlException)
            {
                logger.LogWarning("The database cannot be reached: {Reason}", current.Message);
                return new ProblemResult(HttpProblems.DatabaseUnavailable) { RetryAfterSeconds = 1 };
            }
        }

        logger.LogError(exception, "Request {TraceId} failed", traceId);
        return new ProblemResult(HttpProblems.InternalError);
    }

    /// <summary>Connection lost (08), shut down or starting (57P), no free slot (53300), password or role (28), no such database (3D000).</summary>
    private static bool EndsOrRefusesSession(string sqlState) =>
        sqlState.StartsWith("08", StringComparison.Ordinal)
        || sqlState.StartsWith("57P", StringComparison.Ordinal)
        || sqlState.StartsWith("28", StringComparison.Ordinal)
        || sqlState is PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.InvalidCatalogName;
}
