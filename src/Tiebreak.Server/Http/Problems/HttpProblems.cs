using System.Text.Json.Nodes;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Http.Problems;

/// <summary>The problems that any route can answer with; each system adds its own.</summary>
internal static class HttpProblems
{
    private static readonly IReadOnlyList<ProblemMember> TraceId = [new ProblemMember(ProblemResult.TraceIdMember, "What the server's log calls the request by.", "4bf92f3577b34da6a3ce929d0e0e4736")];

    public static readonly ProblemKind InvalidRequest = new("invalid-request", 400, "The request is not valid.",
        "Something in the body, the address or a header does not fit the contract. Nothing was changed. `errors` names each place by a JSON pointer (RFC 6901) into the body, or by the name of the parameter or header, and says what it takes.")
    {
        Members =
        [
            new ProblemMember("errors", "What is wrong, at most a hundred of it. A fault of a parameter or header has `parameter` or `header` in place of the pointer.", new JsonArray(
                new JsonObject { ["pointer"] = "/name", ["detail"] = "This member is required." },
                new JsonObject { ["parameter"] = "limit", ["detail"] = "This is a whole number from 1 to 200." },
                new JsonObject { ["header"] = "Idempotency-Key", ["detail"] = "This header is sent once and has 1 to 255 visible ASCII characters." })),
        ],
    };

    public static readonly ProblemKind ForwardedRequest = new("forwarded-request", 403, "The request came through a proxy.",
        "This server asks nobody who they are, so it takes calls from its own machine only. Nothing was changed. Put something that knows who calls in front of it, then set `AllowedHosts` to the names that it serves.");

    public static readonly ProblemKind CrossSiteRequest = new("cross-site-request", 403, "The request was sent by another site's page.",
        "A browser says that a page of another address has it send this write. Nothing was changed. Send it from a page of this server, or from a program that is no browser.");

    public static readonly ProblemKind RequestTimeout = new("request-timeout", 408, "The request did not arrive in time.",
        "The body came too slowly. Nothing was changed. Send it again.");

    public static readonly ProblemKind NotFound = new("not-found", 404, "There is nothing at this address.",
        "No route has this path. The OpenAPI document at /openapi/v1.json lists all of them.");

    public static readonly ProblemKind MethodNotAllowed = new("method-not-allowed", 405, "The address does not take this method.",
        "The header `Allow` lists the methods that it takes.");

    public static readonly ProblemKind BodyTooLarge = new("body-too-large", 413, "The request's body is too large.",
        "A body may have 64 KiB; with an event's list of seats, which is not counted, 4 MiB. Nothing was changed.");

    public static readonly ProblemKind UnsupportedMediaType = new("unsupported-media-type", 415, "The body is not JSON.",
        "Send the body as UTF-8 JSON with the header `Content-Type: application/json`.");

    public static readonly ProblemKind TooManyRequests = new("too-many-requests", 429, "You send too many requests.",
        "This caller's rate is over the limit that the server's owner has set. Nothing was changed. Wait for the time in `Retry-After`.");

    public static readonly ProblemKind InternalError = new("internal-error", 500, "Something went wrong on our side.",
        "The failure is in the server's log under the `traceId`. Whether the change took effect is not known: send it again with the same idempotency key to find out.")
    {
        Members = TraceId,
    };

    public static readonly ProblemKind Busy = new("busy", 503, "Others were in the way for too long.",
        "Contention: a lock was not to be had in time, or too many requests wait. Nothing was changed. Try again after the time in `Retry-After`.")
    {
        Members = TraceId,
    };

    public static readonly ProblemKind DatabaseUnavailable = new("database-unavailable", 503, "The database cannot be reached or cannot write.",
        "The server cannot reach its database, is still setting it up, or is told by it that it cannot write: its disk is full, or it is read-only. The server keeps trying. A change that was under way may or may not have taken effect: send it again with the same idempotency key.")
    {
        Members = TraceId,
    };

    public static readonly ProblemKind OutcomeUnknown = new("outcome-unknown", 503, "Whether the change took effect is not known.",
        "The connection to the database was lost while the change was being committed. Send it again with the same idempotency key: it is done once, whatever happened.")
    {
        Members = TraceId,
    };

    public static readonly ProblemKind ShuttingDown = new("shutting-down", 503, "The server is shutting down.",
        "Requests under way are finished, new ones are not begun. Nothing was changed. Try again after the time in `Retry-After`.")
    {
        Members = TraceId,
    };

    public static IReadOnlyList<ProblemKind> All { get; } =
    [
        InvalidRequest, ForwardedRequest, CrossSiteRequest, NotFound, MethodNotAllowed, BodyTooLarge, UnsupportedMediaType, RequestTimeout, SharedRefusals.IdempotencyKeyReused,
        TooManyRequests, InternalError, Busy, DatabaseUnavailable, OutcomeUnknown, ShuttingDown,
    ];
}
