using Tiebreak.Races.Sql;

namespace Tiebreak.Races.Resetting;

/// <summary>
/// Cuts a script into its statements, so that each runs by itself, as in psql, and an error can be told with its line.
/// </summary>
internal static class ScriptStatements
{
    /// <summary>Each statement with the position at which it begins.</summary>
    public static IEnumerable<(int Start, string Sql)> Split(string script)
    {
        var start = -1;
        var depth = 0;
        var previous = "";
        foreach (var token in SqlLexer.Stream(script))
        {
            if (token.Is(';') && depth == 0)
            {
                if (start >= 0)
                {
                    yield return (start, script[start..token.Start]);
                }

                start = -1;
                previous = "";
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

        if (start >= 0)
        {
            yield return (start, script[start..]);
        }
    }
}
