using System.Buffers;
using System.Text.Json;

namespace Tiebreak.Races.Oracles;

/// <summary>A piece of a record's line: text, or an id that has no name yet.</summary>
internal readonly record struct RecordPart(string Text, GeneratedId? Id = null);

/// <summary>An id that a run has made.</summary>
internal sealed record GeneratedId(string Domain, string Value);

/// <summary>Writes a record as a line in which what does not count is left out.</summary>
internal sealed class RecordParts(Masks masks, IReadOnlyDictionary<string, HashSet<string>> made)
{
    private static readonly SearchValues<char> Separators = SearchValues.Create(", \"\n\r\t");

    public IReadOnlyList<RecordPart> Of(OutcomeRecord record, string title)
    {
        var parts = new List<RecordPart> { new(title) };
        for (var i = 0; i < record.Cells.Count; i++)
        {
            var (column, value) = record.Cells[i];
            parts.Add(new RecordPart((i == 0 ? " " : ", ") + (column.Length == 0 ? "" : column + "=")));
            Write(parts, record.Source, column, value);
        }

        return parts;
    }

    private void Write(List<RecordPart> parts, string source, string path, CellTree value)
    {
        switch (value)
        {
            case CellTree.Object nested:
                WriteAll(parts, '{', '}', nested.Members, member =>
                {
                    parts.Add(new RecordPart(JsonSerializer.Serialize(member.Name, RelaxedJson.Options) + ":"));
                    Write(parts, source, path + "." + member.Name, member.Value);
                });
                break;
            case CellTree.Array { IsUnordered: true } list:
                WriteAll(parts, '[', ']', Sorted(source, path, list), item => parts.AddRange(item));
                break;
            case CellTree.Array list:
                WriteAll(parts, '[', ']', [.. list.Items.Select((item, index) => (item, index))], item => Write(parts, source, CellTree.PathOf(path, item.index, isUnordered: false), item.item));
                break;
            case CellTree.Leaf { Text: null }:
                parts.Add(new RecordPart("null"));
                break;
            case CellTree.Leaf leaf:
                WriteLeaf(parts, new LeafPath(source, path), leaf);
                break;
        }
    }

    private static void WriteAll<T>(List<RecordPart> parts, char open, char close, IReadOnlyList<T> items, Action<T> write)
    {
        parts.Add(new RecordPart(open.ToString()));
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
            {
                parts.Add(new RecordPart(","));
            }

            write(items[i]);
        }

        parts.Add(new RecordPart(close.ToString()));
    }

    private void WriteLeaf(List<RecordPart> parts, LeafPath path, CellTree.Leaf leaf)
    {
        var text = leaf.Text!;
        var rule = leaf.CanVary ? masks.RuleOf(path) : null;
        var isOfStart = rule is not null && masks.IsOfStart(path, text);
        switch (rule)
        {
            case LeafRule.Id id when !masks.IsStartId(id.Domain, text):
                parts.Add(new RecordPart("", new GeneratedId(id.Domain, text)));
                break;
            // One that was made and taken back stands in no table, and is an id all the same.
            case LeafRule.Reference reference when !masks.IsStartId(reference.Domain, text) && (IsMade(reference.Domain, text) || (!isOfStart && IdText.LooksGenerated(text))):
                parts.Add(new RecordPart("", new GeneratedId(reference.Domain, text)));
                break;
            case LeafRule.Text changing when !isOfStart:
                WriteText(parts, changing.Pattern.Write(text, (domain, word) => IsMade(domain, word) && !masks.IsStartId(domain, word)), leaf.IsQuoted);
                break;
            case LeafRule.Ignored:
                parts.Add(new RecordPart(TextPlace.HiddenText));
                break;
            default:
                parts.Add(new RecordPart(leaf.IsQuoted ? JsonSerializer.Serialize(text, RelaxedJson.Options) : Printable(text)));
                break;
        }
    }

    private bool IsMade(string domain, string word) => made.TryGetValue(domain, out var ids) && ids.Contains(word);

    private List<List<RecordPart>> Sorted(string source, string path, CellTree.Array list)
    {
        var items = list.Items.Select(item =>
        {
            var written = new List<RecordPart>();
            Write(written, source, CellTree.PathOf(path, 0, isUnordered: true), item);
            return written;
        });
        return [.. items.OrderBy(item => string.Concat(item.Select(part => part.Id is { } id ? "\u0001" + id.Domain : part.Text)), StringComparer.Ordinal)];
    }

    // What is left of a text stands in quotes, so that it is not taken for what stands around it; a value that is hidden as a whole does not.
    private static void WriteText(List<RecordPart> parts, IReadOnlyList<RecordPart> text, bool isQuoted)
    {
        if (text is [var only] && (only.Id is not null || only.Text == TextPlace.HiddenText))
        {
            parts.Add(only);
            return;
        }

        var quotes = isQuoted || text.Any(part => part.Text.AsSpan().ContainsAny(Separators));
        if (quotes)
        {
            parts.Add(new RecordPart("\""));
        }

        parts.AddRange(text.Select(part => part.Id is not null || !quotes ? part : new RecordPart(JsonSerializer.Serialize(part.Text, RelaxedJson.Options)[1..^1])));
        if (quotes)
        {
            parts.Add(new RecordPart("\""));
        }
    }

    /// <summary>Keeps a line a line, and a text apart from what stands around it.</summary>
    private static string Printable(string text) =>
        text.Length == 0 || text is "null" or TextPlace.HiddenText || text.AsSpan().ContainsAny(Separators) ? JsonSerializer.Serialize(text, RelaxedJson.Options) : text;
}
