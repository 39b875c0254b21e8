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
    private const string HiddenText = "*";

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
            case CellTree.Array list:
                WriteAll(parts, '[', ']', list.Items, item => Write(parts, source, path + "[]", item));
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
            case LeafRule.Reference reference when made.TryGetValue(reference.Domain, out var ids) && ids.Contains(text):
                parts.Add(new RecordPart("", new GeneratedId(reference.Domain, text)));
                break;
            case LeafRule.Reference reference when !isOfStart && !masks.IsStartId(reference.Domain, text) && IdText.LooksGenerated(text):
                parts.Add(new RecordPart(HiddenText));
                break;
            case LeafRule.Words when !isOfStart:
                WriteWords(parts, text);
                break;
            case LeafRule.Hidden when !isOfStart:
                parts.Add(new RecordPart(HiddenText));
                break;
            default:
                parts.Add(new RecordPart(leaf.IsQuoted ? JsonSerializer.Serialize(text, RelaxedJson.Options) : Printable(text)));
                break;
        }
    }

    private void WriteWords(List<RecordPart> parts, string text)
    {
        foreach (var word in IdText.Words(text))
        {
            var domains = made.Where(domain => domain.Value.Contains(word)).Select(domain => domain.Key).Take(2).ToList();

            // Ids of two tables may be the same number: then nobody can say which is meant.
            parts.Add(domains.Count switch
            {
                0 => new RecordPart(Printable(word)),
                1 => new RecordPart("", new GeneratedId(domains[0], word)),
                _ => new RecordPart(HiddenText),
            });
        }
    }

    /// <summary>Keeps a line a line, and a text apart from what stands around it.</summary>
    private static string Printable(string text) =>
        text.Length == 0 || text is "null" or HiddenText || text.AsSpan().ContainsAny(Separators) ? JsonSerializer.Serialize(text, RelaxedJson.Options) : text;
}
