using System.Text.Json;

namespace Tiebreak.Races.Cli.Files;

/// <summary>A value of a JSON document that knows where it stands.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Pointer">From the document's root, as RFC 6901 writes it; empty for the root.</param>
/// <param name="Offset">Where it begins, in bytes.</param>
/// <param name="Text">The content of a string, the digits of a number; else empty.</param>
/// <param name="Members">Of an object, in order.</param>
/// <param name="Items">Of an array.</param>
internal sealed record JsonItem(
    JsonValueKind Kind,
    string Pointer,
    int Offset,
    string Text,
    IReadOnlyList<JsonMember> Members,
    IReadOnlyList<JsonItem> Items);

/// <summary>A member of an object.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pointer">Of its value.</param>
/// <param name="Offset">Where its name begins, in bytes.</param>
/// <param name="Value">Its value.</param>
internal sealed record JsonMember(string Name, string Pointer, int Offset, JsonItem Value);
