namespace Tiebreak.Races.Oracles;

/// <summary>A row or an answer: named values.</summary>
/// <param name="Source">The table's full name, or what <see cref="OfAnswer"/> says.</param>
/// <param name="Cells">Column and value, in order.</param>
internal sealed record OutcomeRecord(string Source, IReadOnlyList<(string Column, CellTree Value)> Cells)
{
    // No table has a name with a colon in front of its schema.
    private const string AnswerPrefix = "answer:";

    public bool IsAnswer => IsOfAnswer(Source);

    /// <summary>Whether something is named that stands in answers.</summary>
    public static bool IsOfAnswer(string source) => source.StartsWith(AnswerPrefix, StringComparison.Ordinal);

    /// <summary>What stands behind the mark of answers.</summary>
    public static string PathOf(string source) => source[AnswerPrefix.Length..];

    public static OutcomeRecord OfAnswer(string actor, string text) => new(AnswerPrefix + actor, [("", CellTree.OfAnswer(text))]);

    public static IEnumerable<OutcomeRecord> OfTable(string name, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string?>> rows) =>
        rows.Select(row => new OutcomeRecord(name, [.. columns.Zip(row, (column, cell) => (column, CellTree.OfCell(cell)))]));

    /// <summary>What the record's line begins with.</summary>
    public string Title => IsAnswer ? Source[AnswerPrefix.Length..] : Source;

    public IEnumerable<(LeafPath Path, CellTree.Leaf Leaf)> Leaves() =>
        Cells.SelectMany(cell => cell.Value.Leaves(cell.Column).Select(leaf => (new LeafPath(Source, leaf.Path), leaf.Leaf)));
}

/// <summary>Where a leaf stands: a column of a table, or a place in the JSON of one or of an answer.</summary>
internal readonly record struct LeafPath(string Source, string Path);
