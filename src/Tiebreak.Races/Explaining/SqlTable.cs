using System.Text.RegularExpressions;

namespace Tiebreak.Races.Explaining;

/// <summary>Names of tables and columns as a developer would write them.</summary>
internal static partial class SqlTable
{
    /// <summary>Without the schema that everybody looks into.</summary>
    public static string Short(string table) => table.StartsWith("public.", StringComparison.Ordinal) ? table["public.".Length..] : table;

    /// <summary>Quoted where it must be.</summary>
    public static string Plain(string table) => string.Join('.', Short(table).Split('.', 2).Select(PlainName));

    /// <summary>Quoted where it must be.</summary>
    public static string PlainName(string name) => Simple().IsMatch(name) && !Reserved.Contains(name) ? name : Quoted(name);

    /// <summary>Quoted, with its schema.</summary>
    public static string QuotedTable(string table) => table.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot
        ? $"{Quoted(table[..dot])}.{Quoted(table[(dot + 1)..])}"
        : Quoted(table);

    /// <summary>In double quotes.</summary>
    public static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static readonly HashSet<string> Reserved = ["user", "order", "group", "table", "end", "limit", "offset", "check", "references", "primary", "column", "default", "grant", "select", "where", "union", "desc", "asc", "all", "any", "for", "from", "to", "in", "on"];

    [GeneratedRegex("^[a-z_][a-z0-9_]*$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Simple();
}
