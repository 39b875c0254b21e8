using System.Globalization;

namespace Tiebreak.Races.Explaining;

/// <summary>The equalities of a WHERE that all must hold, for statements on one table.</summary>
internal static class SqlConjuncts
{
    private static readonly HashSet<string> Ends = ["group", "order", "limit", "offset", "fetch", "having", "window", "for", "returning", "union", "intersect", "except"];

    private static readonly Dictionary<string, string> None = new(StringComparer.Ordinal);

    public static (IReadOnlyDictionary<string, string> Equalities, bool IsLookup) Of(IReadOnlyList<SqlToken> tokens, IReadOnlyList<string?> parameters, bool isOneTable)
    {
        var where = tokens.ToList().FindIndex(token => token.Is("where"));
        if (!isOneTable || where < 0 || tokens[where].Depth > 0 || tokens.Any(token => token.Is("or") || token.Is("join"))
            || tokens.Count(token => token.Is("select")) > 1)
        {
            return (None, false);
        }

        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        var others = 0;
        foreach (var conjunct in Split(tokens.Skip(where + 1).TakeWhile(token => token.Depth > 0 || !(token.Kind == SqlTokenKind.Word && Ends.Contains(token.Text))).ToList()))
        {
            if (Equality(conjunct, parameters) is var (column, value))
            {
                found[column] = value;
            }
            else
            {
                others++;
            }
        }

        return (found, others == 0 && found.Count > 0);
    }

    private static IEnumerable<List<SqlToken>> Split(List<SqlToken> tokens)
    {
        while (tokens.Count > 2 && tokens[0].Is("(") && tokens[^1].Is(")") && tokens.FindIndex(1, token => token.Depth == tokens[0].Depth) == tokens.Count - 1)
        {
            tokens = tokens[1..^1];
        }

        var depth = tokens.Count == 0 ? 0 : tokens.Min(token => token.Depth);
        var start = 0;
        for (var index = 0; index <= tokens.Count; index++)
        {
            if (index < tokens.Count && !(tokens[index].Is("and") && tokens[index].Depth == depth))
            {
                continue;
            }

            var part = tokens[start..index];
            start = index + 1;
            if (start <= tokens.Count && part.Count != tokens.Count && part.Count > 0 && part[0].Is("("))
            {
                foreach (var inner in Split(part))
                {
                    yield return inner;
                }
            }
            else
            {
                yield return part;
            }
        }
    }

    private static (string Column, string Value)? Equality(List<SqlToken> tokens, IReadOnlyList<string?> parameters)
    {
        var equals = tokens.FindIndex(token => token.Is("="));
        if (equals <= 0 || tokens[equals - 1].Kind == SqlTokenKind.Symbol)
        {
            return null;
        }

        var (left, right) = (tokens[..equals], tokens[(equals + 1)..]);
        if (Column(left) is { } column && Value(right, parameters) is { } value)
        {
            return (column, value);
        }

        return Column(right) is { } other && Value(left, parameters) is { } turned ? (other, turned) : null;
    }

    private static string? Column(List<SqlToken> tokens) => tokens switch
    {
        [{ IsName: true } name] when name.Text is not ("true" or "false" or "null") => name.Text,
        [{ IsName: true }, { Text: "." }, { IsName: true } name] => name.Text,
        _ => null,
    };

    private static string? Value(List<SqlToken> tokens, IReadOnlyList<string?> parameters)
    {
        var cast = tokens.FindIndex(token => token.Is(":"));
        return (cast < 0 ? tokens : tokens[..cast]) switch
        {
            [{ Kind: SqlTokenKind.Number or SqlTokenKind.Text } literal] => literal.Text,
            [{ Text: "-" }, { Kind: SqlTokenKind.Number } number] => $"-{number.Text}",
            [{ Kind: SqlTokenKind.Word, Text: "true" or "false" } truth] => truth.Text,
            [{ Kind: SqlTokenKind.Parameter } parameter] when int.TryParse(parameter.Text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number >= 1 && number <= parameters.Count => parameters[number - 1],
            _ => null,
        };
    }

}
