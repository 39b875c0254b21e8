namespace Tiebreak.Races.Oracles;

/// <summary>Arrays of answers that come in another order in equal runs: their order says nothing, what is in them does.</summary>
internal sealed class Unordered
{
    private readonly HashSet<LeafPath> _arrays = [];

    /// <summary>Takes in what an actor answered in two runs that should be equal.</summary>
    public void Learn(OutcomeRecord first, OutcomeRecord second)
    {
        for (var cell = 0; cell < Math.Min(first.Cells.Count, second.Cells.Count); cell++)
        {
            Learn(first.Source, first.Cells[cell].Column, first.Cells[cell].Value, second.Cells[cell].Value);
        }
    }

    /// <summary>The record with these arrays marked.</summary>
    public OutcomeRecord Mark(OutcomeRecord record) => _arrays.Count == 0
        ? record
        : record with { Cells = [.. record.Cells.Select(cell => (cell.Column, Mark(record.Source, cell.Column, cell.Value)))] };

    private void Learn(string source, string path, CellTree one, CellTree other)
    {
        switch (one, other)
        {
            case (CellTree.Object mine, CellTree.Object theirs):
                foreach (var (name, value) in mine.Members)
                {
                    foreach (var (_, same) in theirs.Members.Where(member => member.Name == name).Take(1))
                    {
                        Learn(source, path + "." + name, value, same);
                    }
                }

                break;
            case (CellTree.Array mine, CellTree.Array theirs):
                if (IsReordered(mine, theirs))
                {
                    _arrays.Add(new LeafPath(source, path));
                    return;
                }

                for (var index = 0; index < Math.Min(mine.Items.Count, theirs.Items.Count); index++)
                {
                    Learn(source, CellTree.PathOf(path, index, isUnordered: false), mine.Items[index], theirs.Items[index]);
                }

                break;
        }
    }

    // The same items in another order, once members are left out whose values are others.
    private static bool IsReordered(CellTree.Array one, CellTree.Array other)
    {
        if (one.Items.Count != other.Items.Count || one.Items.Count < 2)
        {
            return false;
        }

        var (mine, theirs) = (one.Items.Select(Leaves).ToList(), other.Items.Select(Leaves).ToList());
        var names = mine.Concat(theirs).SelectMany(item => item.Select(leaf => leaf.Path)).Distinct(StringComparer.Ordinal).Where(name => Values(mine, name).SequenceEqual(Values(theirs, name), StringComparer.Ordinal)).ToHashSet(StringComparer.Ordinal);
        if (names.Count == 0)
        {
            return false;
        }

        var (left, right) = (Texts(mine, names), Texts(theirs, names));
        return !left.SequenceEqual(right, StringComparer.Ordinal) && left.Order(StringComparer.Ordinal).SequenceEqual(right.Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    private static List<(string Path, string? Text)> Leaves(CellTree item) => [.. item.Leaves("").Select(leaf => (leaf.Path, leaf.Leaf.Text))];

    private static IEnumerable<string?> Values(List<List<(string Path, string? Text)>> items, string name) =>
        items.SelectMany(item => item.Where(leaf => leaf.Path == name).Select(leaf => leaf.Text)).Order(StringComparer.Ordinal);

    private static List<string> Texts(List<List<(string Path, string? Text)>> items, HashSet<string> names) =>
        [.. items.Select(item => string.Join('\u0001', item.Where(leaf => names.Contains(leaf.Path)).Select(leaf => $"{leaf.Path}={leaf.Text ?? "\u0002"}")))];

    private CellTree Mark(string source, string path, CellTree value) => value switch
    {
        CellTree.Object nested => new CellTree.Object([.. nested.Members.Select(member => (member.Name, Mark(source, path + "." + member.Name, member.Value)))]),
        CellTree.Array list when _arrays.Contains(new LeafPath(source, path)) => list with { IsUnordered = true },
        CellTree.Array list => new CellTree.Array([.. list.Items.Select((item, index) => Mark(source, CellTree.PathOf(path, index, isUnordered: false), item))]),
        _ => value,
    };
}
