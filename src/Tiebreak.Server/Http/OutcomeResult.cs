using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Http.Problems;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Http;

/// <summary>Turns what an operation answered into HTTP: the one place where refusals get their status.</summary>
internal static class OutcomeResult
{
    /// <summary>200 with the value, or the refusal's problem.</summary>
    public static IResult Ok<T>(this Outcome<T> outcome, JsonTypeInfo<T> type)
        where T : class =>
        outcome.IsAccepted ? new JsonResult<T>(outcome.Value, type, StatusCodes.Status200OK, outcome.IsReplay, Location: null) : new ProblemResult(outcome.Refusal);

    /// <summary>201 with the value and where it stands from now on, or the refusal's problem.</summary>
    public static IResult Created<T>(this Outcome<T> outcome, JsonTypeInfo<T> type, Func<T, string>? location = null)
        where T : class =>
        outcome.IsAccepted
            ? new JsonResult<T>(outcome.Value, type, StatusCodes.Status201Created, outcome.IsReplay, location?.Invoke(outcome.Value))
            : new ProblemResult(outcome.Refusal);

    /// <summary>204, or the refusal's problem.</summary>
    public static IResult NoContent(this Outcome<Done> outcome) =>
        outcome.IsAccepted ? TypedResults.NoContent() : new ProblemResult(outcome.Refusal);

    /// <summary>200 with what was found, or the problem of there being none.</summary>
    public static IResult Found<T>(T? value, JsonTypeInfo<T> type, ProblemKind none)
        where T : class =>
        value is not null ? new JsonResult<T>(value, type, StatusCodes.Status200OK, IsReplay: false, Location: null) : new ProblemResult(none);

    private sealed record JsonResult<T>(T Value, JsonTypeInfo<T> Type, int Status, bool IsReplay, string? Location) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = Status;
            response.ContentType = "application/json; charset=utf-8";
            if (IsReplay)
            {
                response.Headers[IdempotencyHeader.Replayed] = "true";
            }

            if (Location is not null)
            {
                response.Headers.Location = Location;
            }

            await JsonSerializer.SerializeAsync(response.BodyWriter, Value, Type, httpContext.RequestAborted);
        }
    }
}
