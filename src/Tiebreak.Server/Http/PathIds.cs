using Tiebreak.Server.Http.Bodies;

namespace Tiebreak.Server.Http;

/// <summary>An id in the path that a caller chose.</summary>
internal static class CallerId
{
    /// <summary>The id as written: 1 to 200 characters without control characters.</summary>
    /// <exception cref="InvalidRequestException">It is none.</exception>
    public static string Check(string value, string parameter) => Limits.IsText(value, Limits.Id)
        ? value
        : throw new InvalidRequestException(new RequestError($"This is a text of 1 to {Limits.Id} characters without control characters.", Parameter: parameter));
}

/// <summary>
/// An id in the path that the server made. One that is no UUID names nothing, and gets the same 404 as an unknown one.
/// Bound by the framework.
/// </summary>
/// <param name="Value">The id; empty when it is none.</param>
internal readonly record struct ServerId(Guid Value)
{
    public static bool TryParse(string? text, out ServerId id)
    {
        id = new ServerId(Guid.TryParseExact(text, "d", out var value) ? value : Guid.Empty);
        return true;
    }
}
