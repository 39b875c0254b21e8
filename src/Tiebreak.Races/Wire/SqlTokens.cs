namespace Tiebreak.Races.Wire;

/// <summary>Takes SQL apart into words, strings and signs; comments are dropped.</summary>
/// <remarks>The rules are those of https://www.postgresql.org/docs/current/sql-syntax-lexical.html.</remarks>
internal static class SqlTokens
{
    public static IEnumerable<SqlToken> Of(string sql)
    {
        for (var at = 0; at < sql.Length;)
        {
            var start = at;
            var first = sql[at];
            if (char.IsWhiteSpace(first))
            {
                at++;
            }
            else if (Comment(sql, at) is { } end)
            {
                at = end;
            }
            else
            {
                var kind = Scan(sql, ref at);
                var text = sql[start..at];
                yield return new SqlToken(kind, kind switch
                {
                    SqlTokenKind.Word => text.ToLowerInvariant(),
                    SqlTokenKind.QuotedName => text.Trim('"').Replace("\"\"", "\"", StringComparison.Ordinal),
                    _ => text,
                });
            }
        }
    }

    private static SqlTokenKind Scan(string sql, ref int at)
    {
        var first = sql[at];
        var next = at + 1 < sql.Length ? sql[at + 1] : '\0';
        switch (first)
        {
            case '\'':
                at = AfterQuoted(sql, at, '\'', backslashes: false);
                return SqlTokenKind.Text;
            case '"':
                at = AfterQuoted(sql, at, '"', backslashes: false);
                return SqlTokenKind.QuotedName;
            case ';':
                at++;
                return SqlTokenKind.Semicolon;
            case 'e' or 'E' or 'b' or 'B' or 'x' or 'X' or 'n' or 'N' when next == '\'':
                at = AfterQuoted(sql, at + 1, '\'', backslashes: first is 'e' or 'E');
                return SqlTokenKind.Text;
            case '$' when char.IsAsciiDigit(next):
                at = While(sql, at + 1, char.IsAsciiDigit);
                return SqlTokenKind.Parameter;
            case '$' when AfterDollarQuoted(sql, at) is { } end:
                at = end;
                return SqlTokenKind.Text;
            default:
                if (char.IsAsciiDigit(first))
                {
                    at = While(sql, at, static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_');
                    return SqlTokenKind.Number;
                }

                if (char.IsLetter(first) || first == '_')
                {
                    at = While(sql, at, static c => char.IsLetterOrDigit(c) || c is '_' or '$');
                    return SqlTokenKind.Word;
                }

                at++;
                return SqlTokenKind.Symbol;
        }
    }

    private static int? Comment(string sql, int at)
    {
        if (string.CompareOrdinal(sql, at, "--", 0, 2) == 0)
        {
            var end = sql.IndexOf('\n', at);
            return end < 0 ? sql.Length : end + 1;
        }

        if (string.CompareOrdinal(sql, at, "/*", 0, 2) != 0)
        {
            return null;
        }

        var depth = 1;
        for (at += 2; at < sql.Length && depth > 0;)
        {
            var step = string.CompareOrdinal(sql, at, "*/", 0, 2) == 0 ? -1 : string.CompareOrdinal(sql, at, "/*", 0, 2) == 0 ? 1 : 0;
            depth += step;
            at += step == 0 ? 1 : 2;
        }

        return at;
    }

    private static int AfterQuoted(string sql, int at, char quote, bool backslashes)
    {
        for (at++; at < sql.Length; at++)
        {
            if (backslashes && sql[at] == '\\')
            {
                at++;
            }
            else if (sql[at] == quote)
            {
                if (at + 1 < sql.Length && sql[at + 1] == quote)
                {
                    at++;
                }
                else
                {
                    return at + 1;
                }
            }
        }

        return sql.Length;
    }

    private static int? AfterDollarQuoted(string sql, int at)
    {
        var end = While(sql, at + 1, static c => char.IsLetterOrDigit(c) || c == '_');
        if (end >= sql.Length || sql[end] != '$')
        {
            return null;
        }

        var tag = sql[at..(end + 1)];
        var close = sql.IndexOf(tag, end + 1, StringComparison.Ordinal);
        return close < 0 ? sql.Length : close + tag.Length;
    }

    private static int While(string sql, int at, Func<char, bool> isPart)
    {
        while (at < sql.Length && isPart(sql[at]))
        {
            at++;
        }

        return at;
    }
}
