using Npgsql;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Resetting;

/// <summary>Runs a script of a user, or a dump as pg_dump writes it.</summary>
internal static class Script
{
    // Whose they are says nothing here: there is one role. What a superuser restores beside it is there already.
    private static readonly string[] OfOtherRoles = ["alter", "grant", "revoke", "comment", "create schema"];

    /// <param name="connection">A session of its own.</param>
    /// <param name="which">How a complaint calls the script.</param>
    /// <param name="script">SQL, the rows of COPY behind their statement.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RaceException">A statement failed, or a command of psql is in it that means something.</exception>
    public static async Task RunAsync(NpgsqlConnection connection, string which, string script, CancellationToken cancellationToken)
    {
        foreach (var statement in ScriptStatements.Split(script))
        {
            try
            {
                await RunAsync(connection, which, script, statement, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException error) when (IsOfOtherRole(statement.Sql, error))
            {
                continue;
            }
            catch (PostgresException error)
            {
                throw new RaceException(Describe(which, script, statement.Start, statement.Sql, error), error);
            }
        }

        // A dump leaves an empty one behind, and what comes next names its tables without a schema.
        await connection.ExecuteAsync(
            "SELECT pg_catalog.set_config('search_path', (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'search_path'), false) WHERE pg_catalog.current_setting('search_path') IN ('', '\"\"')",
            cancellationToken).ConfigureAwait(false);
    }

    private static async Task RunAsync(NpgsqlConnection connection, string which, string script, ScriptStatement statement, CancellationToken cancellationToken)
    {
        if (statement.IsCommand)
        {
            // What a dump begins and ends with, so that psql takes no other command out of its rows.
            if (!statement.Sql.StartsWith("\\restrict", StringComparison.Ordinal) && !statement.Sql.StartsWith("\\unrestrict", StringComparison.Ordinal))
            {
                throw new RaceException($"{which} has a command of psql at line {Line(script, statement.Start)}, which only psql knows: {Short(statement.Sql)}. Take it out; write a dump without --create.");
            }

            return;
        }

        if (statement.Rows is { } rows)
        {
            var import = await connection.BeginTextImportAsync(statement.Sql, cancellationToken).ConfigureAwait(false);
            await using var disposed = import.ConfigureAwait(false);
            await import.WriteAsync(rows.AsMemory(), cancellationToken).ConfigureAwait(false);
            return;
        }

        // A batch sends the text as it is; a command would look for parameters and semicolons in it.
        await connection.ExecuteAsync([statement.Sql], cancellationToken).ConfigureAwait(false);
    }

    private static bool IsOfOtherRole(string sql, PostgresException error)
    {
        var text = sql.TrimStart();
        return error.SqlState switch
        {
            PostgresErrorCodes.UndefinedObject => error.MessageText.Contains("role ", StringComparison.Ordinal),
            PostgresErrorCodes.InsufficientPrivilege => text.Contains("OWNER TO", StringComparison.OrdinalIgnoreCase) || text.StartsWith("COMMENT ON", StringComparison.OrdinalIgnoreCase) || text.StartsWith("GRANT", StringComparison.OrdinalIgnoreCase) || text.StartsWith("REVOKE", StringComparison.OrdinalIgnoreCase),
            PostgresErrorCodes.DuplicateSchema => text.StartsWith("CREATE SCHEMA public", StringComparison.OrdinalIgnoreCase),
            _ => false,
        } && Array.Exists(OfOtherRoles, verb => text.StartsWith(verb, StringComparison.OrdinalIgnoreCase));
    }

    private static int Line(string script, int place) => script.AsSpan(0, Math.Min(place, script.Length)).Count('\n') + 1;

    private static string Short(string text) => text.Length > 200 ? text[..200] + "..." : text;

    private static string Describe(string which, string script, int start, string sql, PostgresException error)
    {
        var line = Line(script, start + Math.Max(0, error.Position - 1));
        var detail = string.IsNullOrEmpty(error.Detail) ? "" : $" ({error.Detail})";
        return $"{which} failed at line {line}: {error.SqlState} {error.MessageText}{detail}. The statement: {Short(sql.Trim())}";
    }
}
