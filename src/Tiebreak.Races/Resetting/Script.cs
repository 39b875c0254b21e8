using Npgsql;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Resetting;

/// <summary>Runs the SQL that a user wrote to set the stage.</summary>
internal static class Script
{
    public static async Task RunAsync(NpgsqlConnection connection, string what, IReadOnlyList<string> scripts, CancellationToken cancellationToken)
    {
        for (var i = 0; i < scripts.Count; i++)
        {
            foreach (var (start, sql) in ScriptStatements.Split(scripts[i]))
            {
                try
                {
                    // A batch sends the text as it is; a command would look for parameters and semicolons in it.
                    await connection.ExecuteAsync([sql], cancellationToken).ConfigureAwait(false);
                }
                catch (PostgresException error)
                {
                    var which = scripts.Count == 1 ? $"The {what} script" : $"The {what} script number {i + 1} of {scripts.Count}";
                    throw new RaceException(Describe(which, scripts[i], start, sql, error), error);
                }
            }
        }
    }

    private static string Describe(string which, string script, int start, string sql, PostgresException error)
    {
        var place = Math.Min(start + Math.Max(0, error.Position - 1), script.Length);
        var line = script.AsSpan(0, place).Count('\n') + 1;
        var detail = string.IsNullOrEmpty(error.Detail) ? "" : $" ({error.Detail})";
        var text = sql.Trim();
        return $"{which} failed at line {line}: {error.SqlState} {error.MessageText}{detail}. The statement: {(text.Length > 200 ? text[..200] + "..." : text)}";
    }
}
