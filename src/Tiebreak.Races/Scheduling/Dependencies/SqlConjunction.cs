using System.Globalization;

namespace Tiebreak.Races.Scheduling.Dependencies;

/// <summary>The conditions of a WHERE that all have to be true: those that hold a column equal to a value.</summary>
internal static class SqlConjunction
{
    public static IReadOnlyDictionary<string, string> Read(IReadOnlyList<SqlToken> tokens, IReadOnlyList<string?> parameters)
    {
        var start = tokens.TakeWhile(token => !token.IsWord("where")).Count() + 1;
        var condition = tokens.Skip(start).TakeWhile(token => token.Kind != SqlTokenKind.Word
            || token.Text is not ("group" or "order" or "limit" or "offset" or "fetch" or "for" or "returning" or "having" or "window")).ToList();
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        return AddAll(condition, parameters, found) ? found : RowSet.Any;
    }

    /// <summary>A constant's or a parameter's value as text; <see langword="null"/> for anything else and for what is not known.</summary>
    public static string? ValueOf(SqlToken token, IReadOnlyList<string?> parameters) => token.Kind switch
    {
        SqlTokenKind.Number or SqlTokenKind.Text => token.Text,
        SqlTokenKind.Parameter => parameters.ElementAtOrDefault(int.Parse(token.Text, CultureInfo.InvariantCulture) - 1),
        SqlTokenKind.Word when token.Text is "true" or "false" => token.Text,
        _ => null,
    };

    // False when an OR stands beside the conditions: then none of them has to be true.
    private static bool AddAll(IReadOnlyList<SqlToken> condition, IReadOnlyList<string?> parameters, Dictionary<string, string> found)
    {
        var depth = 0;
        var part = new List<SqlToken>();
        foreach (var token in condition.Append(new SqlToken(SqlTokenKind.Word, "and")))
        {
            depth += token.IsSign('(') ? 1 : token.IsSign(')') ? -1 : 0;
            if (depth == 0 && token.IsWord("or"))
            {
                return false;
            }

            if (depth > 0 || !token.IsWord("and"))
            {
                part.Add(token);
                continue;
            }

            if (IsWrapped(part))
            {
                AddAll(part[1..^1], parameters, found);
            }
            else if (Equality(part, parameters) is var (column, value))
            {
                found.TryAdd(column, value);
            }

            part = [];
        }

        return true;
    }

    private static bool IsWrapped(List<SqlToken> part)
    {
        var depth = 0;
        for (var position = 0; position < part.Count; position++)
        {
            depth += part[position].IsSign('(') ? 1 : part[position].IsSign(')') ? -1 : 0;
            if (depth == 0)
            {
                return position > 0 && position == part.Count - 1;
            }
        }

        return false;
    }

    private static (string Column, string Value)? Equality(List<SqlToken> part, IReadOnlyList<string?> parameters)
    {
        var sign = part.FindIndex(token => token.IsSign('='));
        // "<=", ">=", "!=", "=>" and their like have a neighbour that is an operator's character too.
        if (sign <= 0 || sign == part.Count - 1 || IsOperator(part[sign - 1]) || (IsOperator(part[sign + 1]) && !part[sign + 1].IsSign('-')))
        {
            return null;
        }

        var (left, right) = (part[..sign], part[(sign + 1)..]);
        return (Column(left), Value(right, parameters)) is ({ } column, { } value) ? (column, value)
            : (Column(right), Value(left, parameters)) is ({ } other, { } otherValue) ? (other, otherValue)
            : null;
    }

    private static bool IsOperator(SqlToken token) => token.Kind == SqlTokenKind.Sign && token.Text[0] is '<' or '>' or '!' or '=' or '~' or '@' or '+' or '*' or '/' or '|' or '&' or '#' or '%' or '^' or '-';

    private static string? Column(List<SqlToken> side) =>
        side.Count % 2 == 1 && side.Count <= 5 && side[^1].IsName && !side[^1].IsWord("true") && !side[^1].IsWord("false") && !side[^1].IsWord("null")
            && Enumerable.Range(0, side.Count).All(position => position % 2 == 0 ? side[position].IsName : side[position].IsSign('.'))
            ? side[^1].Text
            : null;

    // A value may have a sign and a cast to a type whose name is one word.
    private static string? Value(List<SqlToken> side, IReadOnlyList<string?> parameters)
    {
        if (side.Count > 3 && side[^2].IsSign(':') && side[^3].IsSign(':') && side[^1].Kind == SqlTokenKind.Word)
        {
            side = side[..^3];
        }

        return side.Count switch
        {
            1 => ValueOf(side[0], parameters),
            2 when side[0].IsSign('-') && side[1].Kind == SqlTokenKind.Number => "-" + side[1].Text,
            _ => null,
        };
    }
}
