using Tiebreak.Races.Resetting;
using Tiebreak.Races.Sql;

namespace Tiebreak.Races.Scheduling.Dependencies;

/// <summary>Which tables a name in a statement can mean. The schema is not looked at: one name may mean several tables.</summary>
internal sealed class TableNames
{
    private readonly Dictionary<string, List<string>> _tables = new(StringComparer.Ordinal);
    private readonly HashSet<string> _views = new(StringComparer.Ordinal);

    public TableNames(Catalog catalog)
    {
        foreach (var table in catalog.Tables.Keys)
        {
            Add(Bare(table), table);
        }

        foreach (var (view, tables) in catalog.Views)
        {
            _views.Add(Bare(view));
            foreach (var table in tables)
            {
                Add(Bare(view), table);
            }
        }
    }

    /// <summary>The tables that a name means, none when it means none.</summary>
    public IReadOnlyList<string> Of(SqlToken token) => token.IsName && _tables.TryGetValue(token.Text, out var tables) ? tables : [];

    public bool IsView(SqlToken token) => token.IsName && _views.Contains(token.Text);

    private void Add(string name, string table)
    {
        if (!_tables.TryGetValue(name, out var tables))
        {
            _tables.Add(name, tables = []);
        }

        tables.Add(table);
    }

    private static string Bare(string full) => full[(full.LastIndexOf('.') + 1)..].Trim('"');
}
