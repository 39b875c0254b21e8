using Tiebreak.Races.Resetting;
using Tiebreak.Races.Sql;

namespace Tiebreak.Races.Explaining;

/// <summary>Reads the text of a statement, without a grammar: names behind FROM, JOIN, INTO and UPDATE that the catalog knows.</summary>
internal static class SqlReader
{
    private static readonly HashSet<string> Verbs = ["select", "insert", "update", "delete", "merge", "lock", "values", "table", "truncate", "call", "do"];

    private static readonly HashSet<string> AggregateNames =
        ["count", "sum", "min", "max", "avg", "array_agg", "string_agg", "bool_and", "bool_or", "every", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "bit_and", "bit_or", "stddev", "variance"];

    public static SqlReading Read(string sql, IReadOnlyList<string?> parameters, Catalog catalog)
    {
        var tokens = SqlLexer.Read(sql);
        var verb = VerbOf(tokens);
        var (reads, target) = Tables(tokens, catalog);
        var aggregates = SqlNames.Calls(tokens).Where(call => AggregateNames.Contains(call.Name)).ToList();
        var where = IsOfOneTable(tokens, reads, target) ? SqlConditions.Of(tokens, parameters) : SqlConditions.None;
        return new SqlReading
        {
            Verb = verb,
            Reads = reads,
            Target = target,
            Aggregates = [.. aggregates.Select(call => call.Name)],
            Highest = aggregates.Where(call => call.Name == "max").Select(call => LastName(tokens, call.Index)).FirstOrDefault(),
            LocksRows = LockingClause.FindAll(tokens).Any(clause => clause.Depth == 0),
            TakesLock = verb == "lock" || LockingClause.FindAll(tokens).Count > 0 || SqlNames.Calls(tokens).Any(call => IsAdvisoryLock(call.Name)),
            Equalities = where.Equalities,
            IsLookup = where.AreAll,
        };
    }

    /// <summary>Index of the main verb: behind WITH and its expressions; -1 when there is none.</summary>
    public static int VerbIndex(IReadOnlyList<SqlToken> tokens)
    {
        for (var index = 0; index < tokens.Count; index++)
        {
            // A common table expression may be called lock or table: the verb stands behind a closing parenthesis.
            var isPlace = index == 0 || (tokens[0].Is("with") && tokens[index - 1].Is(')'));
            if (isPlace && tokens[index].Depth == 0 && tokens[index].Kind == SqlTokenKind.Word && Verbs.Contains(tokens[index].Text))
            {
                return index;
            }
        }

        return -1;
    }

    public static string VerbOf(IReadOnlyList<SqlToken> tokens) => VerbIndex(tokens) is >= 0 and var index ? tokens[index].Text : tokens.Count > 0 ? tokens[0].Text : "";

    public static bool IsAggregate(string function) => AggregateNames.Contains(function);

    public static bool IsAdvisoryLock(string function) =>
        function.StartsWith("pg_advisory_", StringComparison.Ordinal) && function.Contains("lock", StringComparison.Ordinal) && !function.Contains("unlock", StringComparison.Ordinal)
        || function.StartsWith("pg_try_advisory_", StringComparison.Ordinal);

    /// <summary>The tables that a name stands for: itself, those of a view, or none that is known.</summary>
    public static IReadOnlyList<string> Resolve(string? schema, string name, Catalog catalog)
    {
        var full = schema is null ? $"public.{name}" : $"{schema}.{name}";
        if (catalog.Tables.ContainsKey(full))
        {
            return [full];
        }

        if (catalog.Views.TryGetValue(full, out var tables))
        {
            return tables;
        }

        return schema is not null ? [] : [.. catalog.Tables.Keys.Where(table => table.EndsWith($".{name}", StringComparison.Ordinal)).Take(1)];
    }

    // Whose WHERE says something about every row of the table that it touches.
    private static bool IsOfOneTable(IReadOnlyList<SqlToken> tokens, IReadOnlyList<string> reads, string? target) =>
        (target is null ? reads : reads.Append(target)).Distinct(StringComparer.Ordinal).Count() == 1
        && !tokens.Any(token => token.Is("join")) && tokens.Count(token => token.Is("select")) <= 1;

    private static (IReadOnlyList<string> Reads, string? Target) Tables(IReadOnlyList<SqlToken> tokens, Catalog catalog)
    {
        var reads = new List<string>();
        string? target = null;
        for (var index = 0; index < tokens.Count; index++)
        {
            var previous = index > 0 ? tokens[index - 1] : default;
            if (tokens[index].Kind != SqlTokenKind.Word)
            {
                continue;
            }

            switch (tokens[index].Text)
            {
                case "into":
                case "update" when index == 0 || previous.Is('(') || previous.Is(')'):
                case "from" when previous.Is("delete"):
                    target ??= SqlNames.At(tokens, index + 1) is { } written ? Resolve(written.Schema, written.Name, catalog) is [var table, ..] ? table : null : null;
                    break;
                case "from":
                case "join":
                case "using":
                    reads.AddRange(Items(tokens, index + 1, catalog));
                    break;
            }
        }

        return ([.. reads.Distinct(StringComparer.Ordinal)], target);
    }

    private static IEnumerable<string> Items(IReadOnlyList<SqlToken> tokens, int index, Catalog catalog)
    {
        var depth = index < tokens.Count ? tokens[index].Depth : 0;
        var isItem = true;
        for (; index < tokens.Count && tokens[index].Depth >= depth && !(tokens[index].Depth == depth && tokens[index].Is(')')); index++)
        {
            if (tokens[index].Depth > depth)
            {
                continue;
            }

            if (tokens[index].Kind == SqlTokenKind.Word && SqlWords.EndsFromItem(tokens[index].Text) && !SqlWords.IsJoin(tokens[index].Text))
            {
                yield break;
            }

            if (isItem && SqlNames.At(tokens, index) is { } name && !(name.Next < tokens.Count && tokens[name.Next].Is('(')))
            {
                foreach (var table in Resolve(name.Schema, name.Name, catalog))
                {
                    yield return table;
                }
            }

            isItem = tokens[index].Is(',');
        }
    }

    private static string? LastName(IReadOnlyList<SqlToken> tokens, int call)
    {
        string? name = null;
        for (var index = call + 2; index < tokens.Count && !(tokens[index].Is(')') && tokens[index].Depth == tokens[call].Depth); index++)
        {
            name = tokens[index].IsName ? tokens[index].Text : name;
        }

        return name;
    }
}
