using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Connections;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Http.Bodies;

/// <summary>An object that a caller sends: it has the members that are named and no others.</summary>
internal interface IRequestPart;

/// <summary>A body that a route takes: how it is read, what an example looks like, how large it may be.</summary>
/// <typeparam name="TSelf">The body's type.</typeparam>
internal interface IRequestBody<TSelf> : IRequestPart
    where TSelf : IRequestBody<TSelf>
{
    /// <summary>A body that is valid, for the OpenAPI document.</summary>
    static abstract string Example { get; }

    /// <summary>How the body is written again, so that its hash does not depend on spacing.</summary>
    static abstract JsonTypeInfo<TSelf> JsonType { get; }

    /// <summary>The most bytes that it may have. Where they are more than those of any other body, <see cref="LargeMember"/> has them.</summary>
    static virtual int MaxBytes => Limits.BodyBytes;

    /// <summary>The list that may make it larger than any other body; none when it is <see langword="null"/>.</summary>
    static virtual string? LargeMember => null;

    /// <summary>Reads the members; what is wrong is noted in <paramref name="fields"/>.</summary>
    static abstract TSelf Read(BodyFields fields);
}

/// <summary>A request's body, read and checked, with what identifies the request. Bound by the framework.</summary>
/// <param name="Value">What was asked for.</param>
/// <param name="Identity">The idempotency key and the payload's hash; none where the method is idempotent by itself.</param>
internal sealed record RequestBody<T>(T Value, Identity Identity)
    where T : IRequestBody<T>
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>
    /// What is left out is left out of the hash: a member that a later version adds does not turn an old repetition
    /// into another payload.
    /// </summary>
    private static readonly JsonTypeInfo<T> HashedType = (JsonTypeInfo<T>)new JsonSerializerOptions(T.JsonType.Options)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    }.GetTypeInfo(typeof(T));

    /// <exception cref="InvalidRequestException">The body or the header does not fit the contract.</exception>
    public static async ValueTask<RequestBody<T>?> BindAsync(HttpContext httpContext)
    {
        var key = HttpMethods.IsPost(httpContext.Request.Method) ? IdempotencyHeader.Read(httpContext.Request) : null;
        var body = await ReadAsync(httpContext);
        var identity = key is null ? Identity.None : new Identity(key, SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(body, HashedType)));
        return new RequestBody<T>(body, identity);
    }

    private static async Task<T> ReadAsync(HttpContext httpContext)
    {
        var request = httpContext.Request;
        if (request.ContentLength > T.MaxBytes)
        {
            // Before anything is read: who asks first (Expect: 100-continue) need not send it.
            throw new BodyTooLargeException();
        }

        // One that does not say how long it is may be as long as it is allowed to.
        httpContext.RequestServices.GetRequiredService<BodyBudget>().Take(httpContext, request.ContentLength ?? (T.MaxBytes > Limits.BodyBytes && request.Headers.TransferEncoding.Count > 0 ? T.MaxBytes : 0));
        var reader = request.BodyReader;
        var result = await ReadToEndAsync(reader, T.MaxBytes, httpContext.RequestAborted);
        try
        {
            // Also without a type: a browser sends such a body to any site, and asks nobody first.
            if (!result.Buffer.IsEmpty && !IsJson(request))
            {
                throw new UnsupportedBodyException();
            }

            return Parse(result.Buffer);
        }
        finally
        {
            reader.AdvanceTo(result.Buffer.End);
        }
    }

    private static T Parse(ReadOnlySequence<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return Check(JsonDocument.Parse("{}"), isEmpty: true);
        }

        try
        {
            // Bytes that are not UTF-8 inside a text are only seen when it is read; here they are seen at once.
            _ = StrictUtf8.GetCharCount(utf8.IsSingleSegment ? utf8.FirstSpan : utf8.ToArray());
            var document = JsonDocument.Parse(utf8);
            if (utf8.Length > Limits.BodyBytes && utf8.Length - LargePart(document.RootElement) > Limits.BodyBytes)
            {
                document.Dispose();
                throw new BodyTooLargeException();
            }

            return Check(document, isEmpty: false);
        }
        catch (Exception unreadable) when (unreadable is JsonException or DecoderFallbackException && utf8.Length > Limits.BodyBytes)
        {
            // Nobody can tell what makes it that large.
            throw new BodyTooLargeException();
        }
        catch (JsonException broken)
        {
            throw new InvalidRequestException(new RequestError($"The body is not valid JSON: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}.", Pointer: string.Empty));
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidRequestException(new RequestError("The body is not valid UTF-8.", Pointer: string.Empty));
        }
    }

    /// <summary>How many bytes the member has that may be large.</summary>
    private static int LargePart(JsonElement body) => body.ValueKind != JsonValueKind.Object ? 0 : body.EnumerateObject()
        .Where(member => member.Value.ValueKind == JsonValueKind.Array && JsonText.TryName(member, out var name) && name == T.LargeMember)
        .Select(member => JsonMarshal.GetRawUtf8Value(member.Value).Length).FirstOrDefault();

    private static T Check(JsonDocument document, bool isEmpty)
    {
        using (document)
        {
            var errors = new List<RequestError>();
            var fields = new BodyFields(document.RootElement, string.Empty, errors);
            var body = T.Read(fields);
            fields.RejectUnknown();
            if (errors.Count > 0)
            {
                throw new InvalidRequestException(isEmpty ? [new RequestError("A JSON body is required.", Pointer: string.Empty), .. errors] : errors);
            }

            return body;
        }
    }

    private static bool IsJson(HttpRequest request) =>
        request.HasJsonContentType() && request.ContentType is { } declared
        && (!declared.Contains("charset", StringComparison.OrdinalIgnoreCase) || declared.Contains("utf-8", StringComparison.OrdinalIgnoreCase));

    /// <exception cref="BadHttpRequestException">The body is framed as no body is: what the web server cannot follow it throws as it comes.</exception>
    private static async ValueTask<ReadResult> ReadAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync(cancellationToken);
        }
        catch (Exception unread) when (unread is OverflowException or ArgumentException or InvalidOperationException or FormatException || (unread is IOException and not (BadHttpRequestException or ConnectionResetException)))
        {
            throw new BadHttpRequestException("The body's chunks cannot be read (RFC 9112, section 7.1).", unread);
        }
    }

    private static async Task<ReadResult> ReadToEndAsync(PipeReader reader, int maxBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await ReadAsync(reader, cancellationToken);
            if (result.Buffer.Length > maxBytes)
            {
                // What was read is given back first: the server could not end the request otherwise.
                reader.AdvanceTo(result.Buffer.End);
                throw new BodyTooLargeException();
            }

            if (result.IsCompleted)
            {
                return result;
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
