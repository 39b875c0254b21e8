using Tiebreak.Races.Resetting;
using Tiebreak.Races.Sql;

namespace Tiebreak.Races.Scheduling.Dependencies;

/// <summary>What a statement's text says about what it touches, read cautiously: what is not understood makes it unknown.</summary>
internal sealed class SqlStatement
{
    private readonly IReadOnlyList<SqlToken> _tokens;
    private readonly TableNames _names;

    private SqlStatement(IReadOnlyList<SqlToken> tokens, TableNames names)
    {
        _tokens = tokens;
        _names = names;
    }

    public string Verb => _tokens[0].Text;

    /// <summary>The statements of a text; <see langword="null"/> when it cannot be read.</summary>
    public static IReadOnlyList<SqlStatement>? Split(string sql, TableNames names)
    {
        if (SqlLexer.ReadWhole(sql) is not { } tokens)
        {
            return null;
        }

        var statements = new List<SqlStatement>();
        var start = 0;
        for (var end = 0; end <= tokens.Count; end++)
        {
            if (end == tokens.Count || tokens[end].Is(';'))
            {
                var statement = tokens.Skip(start).Take(end - start).SkipWhile(token => token.Is('(')).ToList();
                if (statement.Count > 0)
                {
                    statements.Add(new SqlStatement(statement, names));
                }

                start = end + 1;
            }
        }

        return statements;
    }

    public bool Has(string word) => _tokens.Any(token => token.Is(word));

    /// <summary>The tables that it names, each as often as it does.</summary>
    public IReadOnlyList<string> Tables => [.. Named().SelectMany(position => _names.Of(_tokens[position]))];

    /// <summary>The tables that INSERT INTO, UPDATE, DELETE FROM name; all that it names where that is not plain.</summary>
    public IReadOnlyList<string> Targets
    {
        get
        {
            var first = Named().FirstOrDefault(-1);
            return Verb is "insert" or "update" or "delete" && first >= 0 ? _names.Of(_tokens[first]) : [.. Tables.Distinct()];
        }
    }

    /// <summary>The strongest of its row lock clauses.</summary>
    public LockStrength Locking => LockingClause.FindAll(_tokens).Select(clause => clause.Strength).DefaultIfEmpty(LockStrength.None).Max();

    public IEnumerable<string> FunctionsIn(Catalog catalog) =>
        SqlNames.Calls(_tokens).Select(call => call.Name).Where(catalog.Functions.Contains);

    /// <summary>Whether it may sort or compare by one of these columns.</summary>
    public bool Orders(IReadOnlySet<string> columns) =>
        columns.Count > 0
        && _tokens.Any(token => token.IsName && columns.Contains(token.Text))
        && _tokens.Any(token => token.Is('<') || token.Is('>') || (token.Kind == SqlTokenKind.Word && token.Text is "order" or "max" or "min" or "between"));

    /// <summary>Columns that its WHERE holds equal to a value, when it reads one table in a plain way; else none.</summary>
    public IReadOnlyDictionary<string, string> Equalities(IReadOnlyList<string?> parameters)
    {
        var named = Named().ToList();
        var isPlain = named.Count == 1 && _names.Of(_tokens[named[0]]).Count == 1 && !_names.IsView(_tokens[named[0]])
            && _tokens.Count(token => token.Is("select")) == (Verb == "select" ? 1 : 0)
            && !_tokens.Any(token => token.Kind == SqlTokenKind.Word && token.Text is "join" or "union" or "intersect" or "except" or "using" or "with");
        return isPlain ? SqlConditions.Of(_tokens, parameters).Equalities : RowSet.Any;
    }

    /// <summary>The advisory locks and sequences that it names.</summary>
    public IEnumerable<NamedKey> Keys(IReadOnlyList<string?> parameters)
    {
        foreach (var (name, position) in SqlNames.Calls(_tokens))
        {
            if (name.StartsWith("pg_advisory_", StringComparison.Ordinal) || name.StartsWith("pg_try_advisory_", StringComparison.Ordinal))
            {
                yield return KeyOf(position, parameters, "lock", name.EndsWith("_shared", StringComparison.Ordinal), name.Contains("_xact_", StringComparison.Ordinal));
            }
            else if (name is "nextval" or "setval")
            {
                yield return KeyOf(position, parameters, "sequence", isShared: false, endsWithTransaction: false);
            }
        }
    }

    private NamedKey KeyOf(int call, IReadOnlyList<string?> parameters, string kind, bool isShared, bool endsWithTransaction)
    {
        var (name, shape, isKnown, depth) = (kind, kind, true, 0);
        for (var position = call + 1; position < _tokens.Count; position++)
        {
            var token = _tokens[position];
            depth += token.Is('(') ? 1 : token.Is(')') ? -1 : 0;
            if (depth == 0)
            {
                break;
            }

            var value = token.Value(parameters);
            // A column's value is not in the text; a function's and a type's name is.
            var isCallOrType = token.IsName && ((position + 1 < _tokens.Count && _tokens[position + 1].Is('(')) || _tokens[position - 1].Is(':'));
            isKnown &= value is not null || isCallOrType || token.Kind == SqlTokenKind.Symbol;
            name += " " + (value ?? token.Text);
            shape += " " + (value is null ? token.Text : "?");
        }

        return new NamedKey(isKnown ? name : null, shape, isShared, endsWithTransaction);
    }

    // A name before a dot is a schema or qualifies a column.
    private IEnumerable<int> Named() =>
        Enumerable.Range(0, _tokens.Count).Where(position =>
            _names.Of(_tokens[position]).Count > 0 && !(position + 1 < _tokens.Count && _tokens[position + 1].Is('.')));
}
