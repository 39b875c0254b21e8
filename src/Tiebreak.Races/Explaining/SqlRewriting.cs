using System.Text;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Sql;

namespace Tiebreak.Races.Explaining;

/// <summary>Changes locks in the text of a statement. What is not understood stays as it is.</summary>
internal static class SqlRewriting
{
    private static readonly HashSet<string> Forbidden = ["group", "having", "window", "union", "intersect", "except", "into"];

    /// <summary>
    /// Puts a locking clause behind a query of a table; <see langword="null"/> where PostgreSQL does not take one: aggregates,
    /// GROUP BY, DISTINCT, UNION (https://www.postgresql.org/docs/current/sql-select.html#SQL-FOR-UPDATE-SHARE), or one is there.
    /// </summary>
    /// <param name="sql">The query.</param>
    /// <param name="clause">For example <c>FOR UPDATE</c>.</param>
    /// <param name="table">Full name of the table whose rows are to be locked.</param>
    /// <param name="catalog">Knows the tables.</param>
    public static string? AppendLock(string sql, string clause, string table, Catalog catalog)
    {
        var tokens = Significant(SqlLexer.Read(sql));
        var verb = SqlReader.VerbIndex(tokens);
        if (verb < 0 || tokens[verb].Text != "select" || tokens.Any(token => token.Is(';')) || LockingClause.FindAll(tokens).Any(found => found.Depth == 0))
        {
            return null;
        }

        var main = tokens.Skip(verb).Where(token => token.Depth == 0).ToList();
        var from = IndexOf(tokens, verb, "from");
        if (from < 0 || main.Exists(token => token.Kind == SqlTokenKind.Word && Forbidden.Contains(token.Text)) || IsDistinct(tokens, verb) || Aggregates(tokens, verb, from))
        {
            return null;
        }

        if (Alias(tokens, from, table, catalog) is not var (alias, isOnly))
        {
            return null;
        }

        var end = tokens[^1].End;
        return $"{sql[..end]} {clause}{(isOnly ? "" : $" OF {alias}")}{sql[end..]}";
    }

    /// <summary>Takes out every locking clause; <see langword="null"/> when there is none.</summary>
    public static string? RemoveLocks(string sql)
    {
        var tokens = SqlLexer.Read(sql);
        var clauses = LockingClause.FindAll(tokens);
        return clauses.Count == 0 ? null : Replace(sql, clauses.Select(clause => (tokens[clause.First].Start, tokens[clause.Last].End, "")));
    }

    /// <summary>
    /// Puts something that locks nothing in place of every advisory lock function; <see langword="null"/> when there is none. The
    /// type of the result and the parameters stay, so that the client does not notice.
    /// </summary>
    public static string? RemoveAdvisoryLocks(string sql)
    {
        var tokens = SqlLexer.Read(sql);
        var replaced = new List<(int, int, string)>();
        foreach (var (name, index) in SqlNames.Calls(tokens).Where(call => SqlReader.IsAdvisoryLock(call.Name)))
        {
            var start = index > 1 && tokens[index - 1].Is('.') ? tokens[index - 2].Start : tokens[index].Start;
            var close = Close(tokens, index + 1);
            if (close < 0)
            {
                continue;
            }

            var zero = Zero(sql, Arguments(tokens, index + 2, close));
            var instead = name.StartsWith("pg_try_", StringComparison.Ordinal) ? $"({zero} = 0)" : $"pg_sleep({zero})";
            replaced.Add((start, tokens[close].End, instead));
        }

        return replaced.Count == 0 ? null : Replace(sql, replaced);
    }

    /// <summary>Weakens LOCK TABLE to the mode that meets none but DROP and its like; <see langword="null"/> for other statements.</summary>
    public static string? RemoveTableLock(string sql)
    {
        var tokens = SqlLexer.Read(sql);
        if (tokens.Count == 0 || !tokens[0].Is("lock"))
        {
            return null;
        }

        var mode = tokens.ToList().FindIndex(token => token.Is("in"));
        if (mode >= 0)
        {
            var end = tokens.ToList().FindIndex(mode, token => token.Is("mode"));
            return end < 0 ? null : Replace(sql, [(tokens[mode].Start, tokens[end].End, "IN ACCESS SHARE MODE")]);
        }

        var last = tokens.ToList().FindIndex(token => token.Is("nowait") || token.Is(';'));
        var at = last < 0 ? tokens[^1].End : tokens[last].Start;
        return $"{sql[..at].TrimEnd()} IN ACCESS SHARE MODE{(last >= 0 && tokens[last].Is("nowait") ? " " : "")}{sql[at..]}";
    }

    /// <summary>A statement without its literals and numbers: two that differ in nothing else are the same statement of an actor.</summary>
    public static string Shape(string sql)
    {
        var shape = new StringBuilder();
        foreach (var token in Significant(SqlLexer.Read(sql)))
        {
            shape.Append(token.Kind is SqlTokenKind.Number or SqlTokenKind.Text ? "?" : token.Text).Append(' ');
        }

        return shape.ToString();
    }

    // The one FROM item that stands for the table, by the name under which OF knows it; and whether it is the only item.
    private static (string Alias, bool IsOnly)? Alias(List<SqlToken> tokens, int from, string table, Catalog catalog)
    {
        var found = new List<string>();
        var items = 0;
        for (var index = from; index < tokens.Count && !(index > from && tokens[index].Depth == 0 && tokens[index].Is("where")); index++)
        {
            if (tokens[index].Depth > 0 || !(tokens[index].Is("from") || tokens[index].Is("join") || tokens[index].Is(',')))
            {
                continue;
            }

            items++;
            if (SqlNames.At(tokens, index + 1) is { } name && SqlReader.Resolve(name.Schema, name.Name, catalog).Contains(table, StringComparer.Ordinal))
            {
                found.Add(AliasAt(tokens, name.Next) ?? Quoted(tokens[name.Next - 1]));
            }
        }

        return found.Count == 1 ? (found[0], items == 1) : null;
    }

    private static string? AliasAt(List<SqlToken> tokens, int index)
    {
        if (index < tokens.Count && tokens[index].Is("as"))
        {
            return index + 1 < tokens.Count ? Quoted(tokens[index + 1]) : null;
        }

        return index < tokens.Count && tokens[index].IsName && (tokens[index].Kind == SqlTokenKind.QuotedName || !SqlWords.EndsFromItem(tokens[index].Text)) ? Quoted(tokens[index]) : null;
    }

    private static string Quoted(SqlToken name) => name.Kind == SqlTokenKind.QuotedName ? $"\"{name.Text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : name.Text;

    private static bool IsDistinct(List<SqlToken> tokens, int verb) => verb + 1 < tokens.Count && tokens[verb + 1].Is("distinct");

    // Aggregates and window functions of the query itself; those of a subquery in its list lock nothing and harm nothing.
    private static bool Aggregates(List<SqlToken> tokens, int verb, int from)
    {
        var list = tokens.Skip(verb).Take(from - verb).ToList();
        for (var index = 0; index < list.Count; index++)
        {
            if (list[index].Is('(') && index + 1 < list.Count && list[index + 1].Is("select"))
            {
                index = list.FindIndex(index, token => token.Is(')') && token.Depth == list[index].Depth);
                if (index < 0)
                {
                    return false;
                }
            }
            else if (list[index].Is("over") || (list[index].IsName && SqlReader.IsAggregate(list[index].Text) && index + 1 < list.Count && list[index + 1].Is('(')))
            {
                return true;
            }
        }

        return false;
    }

    // Uses every argument with the type that the function would give it, so that parameters keep theirs.
    private static string Zero(string sql, List<(int Start, int End)> arguments)
    {
        var type = arguments.Count == 2 ? "int" : "bigint";
        return string.Join(" + ", arguments.Select(argument => $"0 * ({sql[argument.Start..argument.End]})::{type}"));
    }

    private static List<(int Start, int End)> Arguments(IReadOnlyList<SqlToken> tokens, int first, int close)
    {
        var arguments = new List<(int, int)>();
        var start = first;
        for (var index = first; index <= close; index++)
        {
            if (index == close || (tokens[index].Is(',') && tokens[index].Depth == tokens[close].Depth + 1))
            {
                arguments.Add((tokens[start].Start, tokens[index - 1].End));
                start = index + 1;
            }
        }

        return arguments;
    }

    private static int Close(IReadOnlyList<SqlToken> tokens, int open)
    {
        for (var index = open + 1; index < tokens.Count; index++)
        {
            if (tokens[index].Is(')') && tokens[index].Depth == tokens[open].Depth)
            {
                return index > open + 1 ? index : -1;
            }
        }

        return -1;
    }

    private static int IndexOf(List<SqlToken> tokens, int start, string word)
    {
        for (var index = start; index < tokens.Count; index++)
        {
            if (tokens[index].Depth == 0 && tokens[index].Is(word))
            {
                return index;
            }
        }

        return -1;
    }

    private static List<SqlToken> Significant(IReadOnlyList<SqlToken> tokens)
    {
        var end = tokens.Count;
        while (end > 0 && tokens[end - 1].Is(';'))
        {
            end--;
        }

        return [.. tokens.Take(end)];
    }

    private static string Replace(string sql, IEnumerable<(int Start, int End, string Text)> parts)
    {
        var text = sql;
        foreach (var (start, end, instead) in parts.OrderByDescending(part => part.Start))
        {
            text = instead.Length == 0 ? text[..start].TrimEnd() + text[end..] : text[..start] + instead + text[end..];
        }

        return text;
    }
}
