using Microsoft.AspNetCore.Diagnostics;
using Tiebreak.Lanes;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Systems;
using Tiebreak.Transactions;

namespace Tiebreak.Server.Http.Problems;

/// <summary>The one place where an exception becomes an answer, and where an unexpected one is logged, once.</summary>
internal sealed class ExceptionToProblem(DatabaseState database, RepeatedLines lines, ILogger<ExceptionToProblem> logger) : IExceptionHandler
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
            case BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout }:
                return new ProblemResult(HttpProblems.RequestTimeout);
            case UnsupportedBodyException:
                return new ProblemResult(HttpProblems.UnsupportedMediaType);
            case BadHttpRequestException bad:
                return new ProblemResult(HttpProblems.InvalidRequest, null, ("errors", new[] { new RequestError(bad.Message) }));
            case CommitOutcomeUnknownException unknown:
                lines.Add(LogLevel.Warning, "A connection was lost during COMMIT", unknown.InnerException?.Message ?? unknown.Message);
                return new ProblemResult(HttpProblems.OutcomeUnknown) { RetryAfterSeconds = 1 };
            case BusyException busy when DatabaseFailures.Of(busy, out _) is not (DatabaseFailure.Unreachable or DatabaseFailure.CannotWrite):
                return Busy(busy);
            default:
                return ToServerFailure(exception, traceId);
        }
    }

    private ProblemResult Busy(BusyException busy)
    {
        var full = busy as LaneFullException;
        // Which keys wait in a full lane is chance; which one could not be locked is what to look at.
        lines.Add(LogLevel.Information, "Busy", full is not null || busy.Keys is not [var key, ..] ? busy.GetType().Name : $"{busy.GetType().Name} on {key}");
        return new ProblemResult(HttpProblems.Busy) { RetryAfterSeconds = full is null ? 1 : (int)Math.Ceiling(full.RetryAfter.TotalSeconds) };
    }

    private ProblemResult ToServerFailure(Exception exception, string traceId)
    {
        switch (DatabaseFailures.Of(exception, out var reason))
        {
            case DatabaseFailure.Unreachable:
                lines.Add(LogLevel.Warning, "The database cannot be reached", reason);
                return new ProblemResult(HttpProblems.DatabaseUnavailable) { RetryAfterSeconds = 1 };
            case DatabaseFailure.CannotWrite:
                database.NoteRefusedToWrite();
                lines.Add(LogLevel.Error, "The database cannot write", reason);
                return new ProblemResult(HttpProblems.DatabaseUnavailable) { RetryAfterSeconds = 5 };
            case DatabaseFailure.Busy:
                lines.Add(LogLevel.Information, "Busy", reason);
                return new ProblemResult(HttpProblems.Busy) { RetryAfterSeconds = 1 };
            default:
                logger.LogError(exception, "Request {TraceId} failed", traceId);
                return new ProblemResult(HttpProblems.InternalError);
        }
    }
}
