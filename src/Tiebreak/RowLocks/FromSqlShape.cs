using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.RowLocks;

/// <summary>
/// Whether raw SQL reads one plain table, the entity's own. A lock from outside goes through a subselect to every
/// table in it, and passes a function or a CTE in silence; so what is not recognised is refused.
/// </summary>
internal static partial class FromSqlShape
{
    private static readonly HashSet<string> Refused = new(StringComparer.OrdinalIgnoreCase)
    {
        "WITH", "DISTINCT", "UNION", "INTERSECT", "EXCEPT", "JOIN", "GROUP", "HAVING", "WINDOW", "FOR", "INTO", "TABLESAMPLE", "LATERAL",
    };

    public static void Check(string sql, IReadOnlyList<ITable> tables, SelectExpression select, LockedQuery query)
    {
        var tokens = TopLevel(sql, query);
        if (tokens.Count == 0 || !Is(tokens[0], "SELECT"))
        {
            throw Refusals.RawSql(query, "does not start with SELECT");
        }

        if (tokens.Find(token => Refused.Contains(token) || token == ";") is { } refused)
        {
            throw Refusals.RawSql(query, $"has {refused.ToUpperInvariant()}");
        }

        var from = tokens.FindIndex(token => Is(token, "FROM"));
        if (from < 0 || tokens.FindLastIndex(token => Is(token, "FROM")) != from)
        {
            throw Refusals.RawSql(query, "has not exactly one FROM");
        }

        if (tokens.IndexOf("()") is >= 0 and var computed && computed < from)
        {
            throw Refusals.RawSql(query, "computes values in its select list");
        }

        var next = from + 1;
        var name = Name(tokens, ref next);
        if (!tables.Any(table => name == table.Name || name == $"{table.Schema ?? "public"}.{table.Name}"))
        {
            throw Refusals.RawSql(query, $"reads '{name}'");
        }

        if (next < tokens.Count && Is(tokens[next], "AS"))
        {
            next++;
        }

        // One alias, then the end or a clause: a comma would be a second table, a parenthesis a function.
        var end = next < tokens.Count && !IsClause(tokens[next]) && IsName(tokens[next]) ? next + 1 : next;
        if (end < tokens.Count && !IsClause(tokens[end]))
        {
            throw Refusals.RawSql(query, $"has '{tokens[end]}' after its table");
        }

        // PostgreSQL locks inside such a subquery, every row that it gives out: those too that a filter or an order
        // outside would leave out. A bare limit outside stops asking, and so does no harm.
        var picks = select.Predicate is not null || (select.Orderings.Count > 0 && (select.Limit ?? select.Offset) is not null);
        if (picks && tokens.Skip(end).Any(token => IsClause(token) && !Is(token, "WHERE")))
        {
            throw Refusals.RawSql(query, "has ORDER BY, LIMIT or OFFSET below a filter or another order, which it would lock more rows than. Put all of it into the SQL, or all of it into LINQ");
        }
    }

    private static string Name(List<string> tokens, ref int next)
    {
        var parts = new List<string>();
        while (next < tokens.Count && IsName(tokens[next]))
        {
            parts.Add(tokens[next][0] == '"' ? tokens[next][1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : tokens[next].ToLowerInvariant());
            next++;
            if (next >= tokens.Count || tokens[next] != ".")
            {
                break;
            }

            next++;
        }

        return string.Join('.', parts);
    }

    /// <summary>The tokens outside parentheses; what stands inside them is one "()".</summary>
    private static List<string> TopLevel(string sql, LockedQuery query)
    {
        var tokens = new List<string>();
        var depth = 0;
        foreach (var token in Token().EnumerateMatches(sql))
        {
            var text = sql.AsSpan(token.Index, token.Length);
            if (text.IsWhiteSpace() || text.StartsWith("--"))
            {
                continue;
            }

            if (text is "/*" or "'" or "$" or "\"")
            {
                throw Refusals.RawSql(query, "has a comment or a quoted text that is not understood here");
            }

            depth -= text is ")" ? 1 : 0;
            if (depth == 0)
            {
                tokens.Add(text is ")" ? "()" : text.ToString());
            }

            depth += text is "(" ? 1 : 0;
        }

        tokens.RemoveAll(token => token == "(");
        return tokens;
    }

    private static bool Is(string token, string word) => token.Equals(word, StringComparison.OrdinalIgnoreCase);

    private static bool IsName(string token) => token[0] == '"' || char.IsLetter(token[0]) || token[0] == '_';

    private static bool IsClause(string token) => Is(token, "WHERE") || Is(token, "ORDER") || Is(token, "LIMIT") || Is(token, "OFFSET") || Is(token, "FETCH");

    // Line comments, standard strings, quoted names, words, numbers and placeholders, and any other character alone.
    [GeneratedRegex("""--[^\n]*|'(?:[^'\\]|'')*'|"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*|/\*|\s+|.""", RegexOptions.Singleline | RegexOptions.NonBacktracking)]
    private static partial Regex Token();
}
