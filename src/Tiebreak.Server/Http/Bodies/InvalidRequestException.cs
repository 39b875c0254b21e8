namespace Tiebreak.Server.Http.Bodies;

/// <summary>One thing that is wrong with a request: where it stands and what it takes.</summary>
/// <param name="Pointer">RFC 6901, into the body; the empty pointer is the whole body.</param>
/// <param name="Parameter">The path or query parameter, when it is not in the body.</param>
/// <param name="Header">The header, when it is not in the body.</param>
/// <param name="Detail">What it takes.</param>
internal sealed record RequestError(string Detail, string? Pointer = null, string? Parameter = null, string? Header = null);

/// <summary>The request does not fit the contract. Becomes 400 <c>invalid-request</c>; nothing has been begun.</summary>
internal sealed class InvalidRequestException(IReadOnlyList<RequestError> errors) : Exception("The request is not valid.")
{
    public InvalidRequestException(RequestError error)
        : this([error])
    {
    }

    public IReadOnlyList<RequestError> Errors { get; } = errors;
}
