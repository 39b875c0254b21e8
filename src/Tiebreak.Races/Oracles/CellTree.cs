using System.Globalization;
using System.Text.Json;

namespace Tiebreak.Races.Oracles;

/// <summary>A value as a tree, so that a part of it can be masked: JSON as it is nested, also where it stands in a string, anything else as one leaf.</summary>
internal abstract record CellTree
{
    /// <summary>A value of its own; <paramref name="Text"/> is <see langword="null"/> for NULL.</summary>
    /// <param name="Text">Without quotes.</param>
    /// <param name="IsQuoted">Whether it stands in quotes.</param>
    /// <param name="CanVary">Whether it is text or a number; true and false are never masked.</param>
    public sealed record Leaf(string? Text, bool IsQuoted, bool CanVary) : CellTree;

    public sealed record Object(IReadOnlyList<(string Name, CellTree Value)> Members) : CellTree;

    /// <param name="Items">In order.</param>
    /// <param name="IsUnordered">Whether their order says nothing.</param>
    public sealed record Array(IReadOnlyList<CellTree> Items, bool IsUnordered = false) : CellTree;

    /// <summary>A value of a column.</summary>
    public static CellTree OfCell(string? cell) => cell is not null && Nested(cell) is { } json ? json : new Leaf(cell, false, true);

    /// <summary>An answer, which is JSON or else a text.</summary>
    public static CellTree OfAnswer(string answer) => TryParse(answer) ?? new Leaf(answer, false, true);

    /// <summary>Each leaf with the path to it; all items of an array whose order says nothing have one path.</summary>
    public IEnumerable<(string Path, Leaf Leaf)> Leaves(string path) => this switch
    {
        Object nested => nested.Members.SelectMany(member => member.Value.Leaves(path + "." + member.Name)),
        Array list => list.Items.SelectMany((item, index) => item.Leaves(PathOf(path, index, list.IsUnordered))),
        Leaf leaf => [(path, leaf)],
        _ => [],
    };

    /// <summary>The path of an item.</summary>
    public static string PathOf(string path, int index, bool isUnordered) => path + (isUnordered ? "[]" : string.Create(CultureInfo.InvariantCulture, $"[{index}]"));

    // An object or a list that stands in a string or a column.
    private static CellTree? Nested(string text) => text.AsSpan().Trim() is [('{' or '['), ..] ? TryParse(text) : null;

    private static CellTree? TryParse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return Of(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static CellTree Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new Object([.. element.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal).Select(member => (member.Name, Of(member.Value)))]),
        JsonValueKind.Array => new Array([.. element.EnumerateArray().Select(Of)]),
        JsonValueKind.String => Nested(element.GetString()!) ?? new Leaf(element.GetString(), true, true),
        JsonValueKind.Number => new Leaf(element.GetRawText(), false, true),
        JsonValueKind.Null => new Leaf(null, false, false),
        _ => new Leaf(element.GetRawText(), false, false),
    };
}
