using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Oracles;

/// <summary>What the masks leave of answers and rows.</summary>
internal sealed class Remains(Masks masks, IReadOnlyDictionary<string, HashSet<string>> made)
{
    // An answer over HTTP or of a command has what it says in one member beside its status.
    private static readonly HashSet<string> Said = ["body", "output"];
    private static readonly HashSet<string> Status = ["status", "exitCode"];

    /// <summary>What is hidden, each place once.</summary>
    public static IEnumerable<MaskedValue> Hidden(Masks masks, IEnumerable<OutcomeRecord> records)
    {
        var all = records.ToList();
        var remains = new Remains(masks, masks.MadeIds(all));
        return all.SelectMany(record => record.Leaves().Select(found => (record, found)))
            .Where(seen => remains.PartsOf(seen.found.Path, seen.found.Leaf)?.Any(IsHidden) == true)
            .Select(seen => new MaskedValue(Where(seen.record, seen.found.Path), string.Concat(remains.PartsOf(seen.found.Path, seen.found.Leaf)!.Select(part => part.Id is null ? part.Text : "#"))))
            .DistinctBy(masked => masked.Where, StringComparer.Ordinal);
    }

    /// <summary>Whether an answer says nothing any more: all that it told its caller is hidden.</summary>
    public bool IsEmptied(OutcomeRecord answer)
    {
        var leaves = answer.Cells.SelectMany(cell => Telling(cell.Value).SelectMany(told => told.Value.Leaves(cell.Column + told.Path)))
            .Select(found => (Path: new LeafPath(answer.Source, found.Path), found.Leaf))
            .Where(found => found.Leaf.Text is { Length: > 0 } && masks.RuleOf(found.Path) is not LeafRule.Ignored)
            .ToList();
        return leaves.Count > 0 && leaves.TrueForAll(found => PartsOf(found.Path, found.Leaf) is { } parts && parts.All(IsNothing));
    }

    private static IEnumerable<(string Path, CellTree Value)> Telling(CellTree answer) => answer is CellTree.Object { Members: var members } && members.All(member => Said.Contains(member.Name) || Status.Contains(member.Name))
        ? members.Where(member => Said.Contains(member.Name)).Select(member => ("." + member.Name, member.Value))
        : [("", answer)];

    private IReadOnlyList<RecordPart>? PartsOf(LeafPath path, CellTree.Leaf leaf) => leaf is { CanVary: true, Text: { } text } && masks.RuleOf(path) is LeafRule.Text changing && !masks.IsOfStart(path, text)
        ? changing.Pattern.Write(text, (domain, word) => made.TryGetValue(domain, out var ids) && ids.Contains(word))
        : null;

    private static bool IsHidden(RecordPart part) => part.Text == TextPlace.HiddenText || part.Id?.Domain == TextPlace.Random;

    private static bool IsNothing(RecordPart part) => part.Id is null && (part.Text == TextPlace.HiddenText || !part.Text.Any(char.IsLetterOrDigit));

    private static string Where(OutcomeRecord record, LeafPath path) => record.IsAnswer
        ? $"{record.Title}'s answer {path.Path.TrimStart('.')}".TrimEnd()
        : $"{(record.Source.StartsWith("public.", StringComparison.Ordinal) ? record.Source["public.".Length..] : record.Source)}.{path.Path}";
}
