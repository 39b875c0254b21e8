using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Http.Problems;

/// <summary>Writes a problem document (RFC 9457).</summary>
internal sealed class ProblemResult(ProblemKind kind, string? detail = null, params (string Name, object? Value)[] facts) : IResult
{
    public const string ContentType = "application/problem+json";

    /// <summary>Comes with what is the server's own failure or contention.</summary>
    public const string TraceIdMember = "traceId";

    /// <summary>The document is JSON and never part of a page: quotes and backticks stay readable.</summary>
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public ProblemResult(Refusal refusal)
        : this(refusal.Kind, null, refusal.Facts)
    {
    }

    /// <summary>Seconds for the header <c>Retry-After</c>, where trying again makes sense.</summary>
    public int? RetryAfterSeconds { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = kind.Status;
        response.ContentType = ContentType;
        if (RetryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        var writer = new Utf8JsonWriter(response.BodyWriter, Plain);
        await using (writer)
        {
            writer.WriteStartObject();
            writer.WriteString("type", "/problems/" + kind.Code);
            writer.WriteString("title", kind.Title);
            writer.WriteNumber("status", kind.Status);
            writer.WriteString("detail", detail ?? kind.Explanation);
            writer.WriteString("instance", httpContext.Request.PathBase.Add(httpContext.Request.Path).ToUriComponent());
            writer.WriteString("code", kind.Code);
            foreach (var (name, value) in facts)
            {
                writer.WritePropertyName(name);
                WriteFact(writer, value);
            }

            if (kind.Status >= 500)
            {
                writer.WriteString(TraceIdMember, TraceIdOf(httpContext));
            }

            writer.WriteEndObject();
        }

        await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }

    /// <summary>What the answer and the log call the request by.</summary>
    public static string TraceIdOf(HttpContext httpContext) => Activity.Current?.TraceId.ToString() ?? httpContext.TraceIdentifier;

    private static void WriteFact(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case int number:
                writer.WriteNumberValue(number);
                break;
            case long number:
                writer.WriteNumberValue(number);
                break;
            case Guid id:
                writer.WriteStringValue(id);
                break;
            case IEnumerable<string> texts:
                writer.WriteStartArray();
                foreach (var text in texts)
                {
                    writer.WriteStringValue(text);
                }

                writer.WriteEndArray();
                break;
            case IEnumerable<RequestError> errors:
                WriteErrors(writer, errors);
                break;
            default:
                throw new NotSupportedException($"A problem's facts are texts, whole numbers, ids and lists of texts, not {value.GetType().Name}.");
        }
    }

    private static void WriteErrors(Utf8JsonWriter writer, IEnumerable<RequestError> errors)
    {
        writer.WriteStartArray();
        foreach (var error in errors)
        {
            writer.WriteStartObject();
            if (error.Pointer is not null)
            {
                writer.WriteString("pointer", error.Pointer);
            }

            if (error.Parameter is not null)
            {
                writer.WriteString("parameter", error.Parameter);
            }

            if (error.Header is not null)
            {
                writer.WriteString("header", error.Header);
            }

            writer.WriteString("detail", error.Detail);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
