namespace Tiebreak.Races.Explaining;

/// <summary>Keywords that several readers of statements know.</summary>
internal static class SqlWords
{
    private static readonly HashSet<string> AfterFromItem =
    [
        "where", "group", "order", "limit", "offset", "fetch", "having", "window", "union", "intersect", "except", "for", "on", "using",
        "join", "inner", "left", "right", "full", "cross", "natural", "set", "returning", "values", "select", "do", "tablesample",
    ];

    /// <summary>Whether a word behind a table's name is no alias of it.</summary>
    public static bool EndsFromItem(string word) => AfterFromItem.Contains(word);

    /// <summary>Whether a word joins another item, so that FROM goes on behind it.</summary>
    public static bool IsJoin(string word) => word is "join" or "inner" or "left" or "right" or "full" or "cross" or "natural" or "on" or "using";
}
