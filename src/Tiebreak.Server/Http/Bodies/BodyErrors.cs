namespace Tiebreak.Server.Http.Bodies;

/// <summary>The body is over its bound. Becomes 413 <c>body-too-large</c>.</summary>
internal sealed class BodyTooLargeException() : Exception("The request's body is too large.");

/// <summary>The body is not declared as JSON. Becomes 415 <c>unsupported-media-type</c>.</summary>
internal sealed class UnsupportedBodyException() : Exception("The request's body is not JSON.");
