namespace Tiebreak.Races.Resetting;

/// <summary>
/// Cuts a script into its statements, so that each runs by itself, as in psql, and an error can be told with its line.
/// Knows quotes, dollar quotes, nested comments and SQL-standard function bodies
/// (https://www.postgresql.org/docs/current/sql-syntax-lexical.html).
/// </summary>
internal static class ScriptStatements
{
    /// <summary>Each statement with the position at which it begins.</summary>
    public static IEnumerable<(int Start, string Sql)> Split(string script)
    {
        var start = 0;
        var hasText = false;
        var depth = 0;
        var previous = "";
        for (var i = 0; i < script.Length;)
        {
            var end = EndOfToken(script, i);
            var token = script.AsSpan(i, end - i);
            if (token is ";" && depth == 0)
            {
                if (hasText)
                {
                    yield return (start, script[start..i]);
                }

                start = end;
                hasText = false;
            }
            else if (!char.IsWhiteSpace(token[0]) && !IsComment(token))
            {
                start = hasText ? start : i;
                hasText = true;
                var word = char.IsAsciiLetter(token[0]) ? token.ToString().ToUpperInvariant() : "";
                depth += word switch
                {
                    "ATOMIC" when previous == "BEGIN" => 1,
                    "CASE" when depth > 0 => 1,
                    "END" when depth > 0 => -1,
                    _ => 0,
                };
                previous = word;
            }

            i = end;
        }

        if (hasText)
        {
            yield return (start, script[start..]);
        }
    }

    private static bool IsComment(ReadOnlySpan<char> token) =>
        token.StartsWith("--", StringComparison.Ordinal) || token.StartsWith("/*", StringComparison.Ordinal);

    private static int EndOfToken(string script, int i)
    {
        var c = script[i];
        var next = i + 1 < script.Length ? script[i + 1] : '\0';
        return c switch
        {
            '\'' => AfterQuote(script, i, escapes: false),
            'e' or 'E' when next == '\'' => AfterQuote(script, i + 1, escapes: true),
            '"' => AfterQuote(script, i, escapes: false),
            '-' when next == '-' => script.IndexOf('\n', i) is var line and >= 0 ? line : script.Length,
            '/' when next == '*' => AfterComment(script, i),
            '$' => AfterDollarQuote(script, i),
            _ when IsWord(c) => AfterWord(script, i),
            _ => i + 1,
        };
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';

    private static int AfterWord(string script, int i)
    {
        // A dollar inside a word belongs to it.
        while (i < script.Length && (IsWord(script[i]) || script[i] == '$'))
        {
            i++;
        }

        return i;
    }

    private static int AfterQuote(string script, int open, bool escapes)
    {
        for (var i = open + 1; i < script.Length; i++)
        {
            if (escapes && script[i] == '\\')
            {
                i++;
            }
            else if (script[i] == script[open])
            {
                // Doubled, it begins what reads as a second string right after: the same to a splitter.
                return i + 1;
            }
        }

        return script.Length;
    }

    private static int AfterComment(string script, int i)
    {
        var depth = 0;
        for (; i + 1 < script.Length; i++)
        {
            if (script[i] == '/' && script[i + 1] == '*')
            {
                depth++;
                i++;
            }
            else if (script[i] == '*' && script[i + 1] == '/')
            {
                i++;
                if (--depth == 0)
                {
                    return i + 1;
                }
            }
        }

        return script.Length;
    }

    private static int AfterDollarQuote(string script, int open)
    {
        var tagEnd = open + 1;
        while (tagEnd < script.Length && IsWord(script[tagEnd]))
        {
            tagEnd++;
        }

        if (tagEnd >= script.Length || script[tagEnd] != '$' || char.IsAsciiDigit(script[open + 1]))
        {
            return open + 1;
        }

        var tag = script[open..(tagEnd + 1)];
        return script.IndexOf(tag, tagEnd + 1, StringComparison.Ordinal) is var close and >= 0 ? close + tag.Length : script.Length;
    }
}
