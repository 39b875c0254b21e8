using System.Collections.Concurrent;
using Tiebreak.Races.Sql;

namespace Tiebreak.Races.Wire;

/// <summary>Tells from a statement's text what a gate does with it.</summary>
/// <param name="functions">Names of the application's own functions: what they do is not known, so they count as writing.</param>
internal sealed class StatementClassifier(IReadOnlySet<string> functions)
{
    private static readonly HashSet<string> Passing = new(
        ["savepoint", "release", "set", "show", "reset", "discard", "deallocate", "listen", "unlisten", "close"], StringComparer.Ordinal);

    private static readonly HashSet<string> Harmless = new(
        ["version", "current_setting", "set_config", "current_schema", "current_schemas", "current_database", "pg_backend_pid", "now", "clock_timestamp", "pg_is_in_recovery", "obj_description"],
        StringComparer.Ordinal);

    private static readonly HashSet<string> Aloof = new(["vacuum", "reindex", "cluster", "checkpoint"], StringComparer.Ordinal);

    // An actor sends the same texts run after run; one that makes up new ones each time must not fill the memory.
    private const int MostKnown = 1_000;

    private readonly ConcurrentDictionary<string, StatementClass> _known = new(StringComparer.Ordinal);

    /// <summary>What the text is; of several statements the one that asks for most.</summary>
    public StatementClass Classify(string sql)
    {
        if (_known.TryGetValue(sql, out var known))
        {
            return known;
        }

        var found = ClassifyAnew(sql);
        if (_known.Count < MostKnown)
        {
            _known[sql] = found;
        }

        return found;
    }

    private StatementClass ClassifyAnew(string sql)
    {
        var found = StatementClass.Passes;
        foreach (var statement in Statements(sql))
        {
            var one = ClassifyOne(statement);
            found = one switch
            {
                StatementClass.Passes => found,
                _ when found is StatementClass.Passes => one,
                StatementClass.Alone => one,
                _ when found is StatementClass.Alone => found,
                // BEGIN; ...; COMMIT in one message is one step, and no transaction is left open.
                _ when found != one => StatementClass.Alone,
                _ => one,
            };
        }

        return found;
    }

    private static IEnumerable<IReadOnlyList<SqlToken>> Statements(string sql)
    {
        var statement = new List<SqlToken>();
        foreach (var token in SqlLexer.Stream(sql))
        {
            if (!token.Is(';'))
            {
                statement.Add(token);
            }
            else if (statement.Count > 0)
            {
                yield return statement;
                statement = [];
            }
        }

        if (statement.Count > 0)
        {
            yield return statement;
        }
    }

    private StatementClass ClassifyOne(IReadOnlyList<SqlToken> tokens)
    {
        var first = tokens.FirstOrDefault(token => !token.Is('('));
        bool Has(string word) => tokens.Any(token => token.Is(word));
        if (first.Kind is not SqlTokenKind.Word)
        {
            return StatementClass.Write;
        }

        switch (first.Text)
        {
            case "begin" or "start":
                return StatementClass.Begin;
            case "commit" or "end":
                return Has("prepared") ? StatementClass.Alone : StatementClass.Commit;
            case "rollback" or "abort":
                return Has("prepared") ? StatementClass.Alone : Has("to") ? StatementClass.Passes : StatementClass.Rollback;
            // A procedure may end transactions, which it cannot do inside one.
            case "call":
            case "do" when tokens.Any(token => token.Kind is SqlTokenKind.Text && (token.Text.Contains("commit", StringComparison.OrdinalIgnoreCase) || token.Text.Contains("rollback", StringComparison.OrdinalIgnoreCase))):
                return StatementClass.Alone;
            case "select" or "values" or "table" or "with" or "explain":
                return Reading(tokens);
            case "create" or "drop" when Has("concurrently") || Has("database") || Has("tablespace"):
            case "alter" when Has("system"):
                return StatementClass.Alone;
            default:
                return Passing.Contains(first.Text) ? StatementClass.Passes : Aloof.Contains(first.Text) ? StatementClass.Alone : StatementClass.Write;
        }
    }

    private StatementClass Reading(IReadOnlyList<SqlToken> tokens)
    {
        if (Writes(tokens))
        {
            return StatementClass.Write;
        }

        // What a driver asks about types when it connects, and whether the connection lives.
        var sources = Sources(tokens).ToList();
        return sources.Count > 0 && sources.TrueForAll(IsCatalog) ? StatementClass.Passes
            : sources.Count == 0 && Calls(tokens).All(Harmless.Contains) ? StatementClass.Passes
            : StatementClass.Read;
    }

    private bool Writes(IReadOnlyList<SqlToken> tokens)
    {
        for (var at = 0; at < tokens.Count; at++)
        {
            var token = tokens[at];
            if (token.Kind is not SqlTokenKind.Word)
            {
                continue;
            }

            var next = at + 1 < tokens.Count ? tokens[at + 1] : default;
            if (token.Text is "insert" or "update" or "delete" or "merge" or "into"
                || (token.Text is "for" && next.Text is "update" or "no" or "share" or "key")
                || (next.Is('(') && IsWritingCall(token.Text)))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsWritingCall(string name) =>
        name.StartsWith("pg_advisory", StringComparison.Ordinal) || name.StartsWith("pg_try_advisory", StringComparison.Ordinal)
        || name is "nextval" or "setval" or "pg_notify" || functions.Contains(name);

    private static IEnumerable<string> Calls(IReadOnlyList<SqlToken> tokens) =>
        from pair in tokens.Zip(tokens.Skip(1))
        where pair.First.Kind is SqlTokenKind.Word && pair.Second.Is('(')
        select pair.First.Text;

    /// <summary>What stands behind FROM and JOIN.</summary>
    private static IEnumerable<string> Sources(IReadOnlyList<SqlToken> tokens)
    {
        for (var at = 0; at + 1 < tokens.Count; at++)
        {
            if ((tokens[at].Is("from") || tokens[at].Is("join")) && tokens[at + 1].Kind is SqlTokenKind.Word or SqlTokenKind.QuotedName && !tokens[at + 1].Is("lateral"))
            {
                yield return tokens[at + 1].Text;
            }
        }
    }

    private static bool IsCatalog(string name) => name.StartsWith("pg_", StringComparison.Ordinal) || name is "information_schema";
}
