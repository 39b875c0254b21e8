using Tiebreak.Races.Resetting;

namespace Tiebreak.Races.Oracles;

/// <summary>Which columns share their ids: a key and all foreign keys that lead to it, however far.</summary>
internal sealed class IdDomains
{
    private readonly Dictionary<LeafPath, LeafPath> _parents = [];

    public IdDomains(Catalog catalog)
    {
        foreach (var table in catalog.Tables.Values)
        {
            foreach (var key in table.ForeignKeys)
            {
                for (var i = 0; i < key.Columns.Count; i++)
                {
                    Unite(new LeafPath(table.Name, key.Columns[i]), new LeafPath(key.Parent, key.ParentColumns[i]));
                }
            }
        }
    }

    /// <summary>The name of a column's domain.</summary>
    public string NameOf(LeafPath column)
    {
        var root = Root(column);
        return $"{root.Source}.{root.Path}";
    }

    private void Unite(LeafPath child, LeafPath parent)
    {
        var (from, to) = (Root(child), Root(parent));
        if (from != to)
        {
            _parents[from] = to;
        }
    }

    private LeafPath Root(LeafPath column)
    {
        while (_parents.TryGetValue(column, out var parent))
        {
            column = parent;
        }

        return column;
    }
}
