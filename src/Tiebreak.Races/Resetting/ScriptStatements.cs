using System.Text.RegularExpressions;
using Tiebreak.Races.Sql;

namespace Tiebreak.Races.Resetting;

/// <summary>A statement of a script.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="Sql">Its text, or that of a command of psql.</param>
/// <param name="Rows">What stands behind a COPY from its input, as COPY's text format; else <see langword="null"/>.</param>
/// <param name="IsCommand">Whether it is a command of psql, which begins with a backslash.</param>
internal readonly record struct ScriptStatement(int Start, string Sql, string? Rows = null, bool IsCommand = false);

/// <summary>
/// Cuts a script into its statements, so that each runs by itself, as in psql, and an error can be told with its line.
/// </summary>
internal static partial class ScriptStatements
{
    /// <summary>Each statement, in order.</summary>
    public static IEnumerable<ScriptStatement> Split(string script)
    {
        for (var from = 0; Next(script, from) is var (statement, next); from = next)
        {
            yield return statement;
        }
    }

    // Behind rows and commands the text is read anew: a quote in them opens nothing.
    private static (ScriptStatement Statement, int Next)? Next(string script, int from)
    {
        var rest = from == 0 ? script : script[from..];
        var start = -1;
        var depth = 0;
        var previous = "";
        foreach (var token in SqlLexer.Stream(rest))
        {
            if (start < 0 && token.Is('\\'))
            {
                var end = LineEnd(rest, token.Start);
                return (new ScriptStatement(from + token.Start, rest[token.Start..end].TrimEnd(), IsCommand: true), from + end);
            }

            if (token.Is(';') && depth == 0)
            {
                if (start >= 0)
                {
                    var sql = rest[start..token.Start];
                    var (rows, next) = CopyFromInput().IsMatch(sql) ? Rows(rest, token.End) : (null, token.End);
                    return (new ScriptStatement(from + start, sql, rows), from + next);
                }

                continue;
            }

            start = start < 0 ? token.Start : start;
            var word = token.Kind is SqlTokenKind.Word ? token.Text : "";
            // Semicolons inside the body of an SQL function end nothing.
            depth += word switch
            {
                "atomic" when previous == "begin" => 1,
                "case" when depth > 0 => 1,
                "end" when depth > 0 => -1,
                _ => 0,
            };
            previous = word;
        }

        return start < 0 ? null : (new ScriptStatement(from + start, rest[start..]), script.Length);
    }

    // From the next line up to one that says \.
    private static (string Rows, int Next) Rows(string text, int from)
    {
        var first = LineEnd(text, from);
        for (var line = first; line < text.Length; line = LineEnd(text, line))
        {
            if (text.AsSpan(line, LineEnd(text, line) - line).Trim() is "\\.")
            {
                return (text[first..line], LineEnd(text, line));
            }
        }

        return (text[first..], text.Length);
    }

    private static int LineEnd(string text, int from) => text.IndexOf('\n', from) is >= 0 and var end ? end + 1 : text.Length;

    [GeneratedRegex(@"^\s*copy\b.*\bfrom\s+stdin\b", RegexOptions.IgnoreCase | RegexOptions.Singleline, matchTimeoutMilliseconds: 2000)]
    private static partial Regex CopyFromInput();
}
