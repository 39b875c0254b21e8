namespace Tiebreak.Races.Sql;

/// <summary>Of a WHERE what must be true of every row that it lets through.</summary>
/// <param name="Equalities">Columns that are equal to a value.</param>
/// <param name="AreAll">Whether nothing but these is asked.</param>
internal sealed record SqlConditions(IReadOnlyDictionary<string, string> Equalities, bool AreAll)
{
    /// <summary>Of a statement without a WHERE, or with one of which nothing is known.</summary>
    public static readonly SqlConditions None = new(new Dictionary<string, string>(StringComparer.Ordinal), AreAll: false);

    private static readonly HashSet<string> Ends = ["group", "order", "limit", "offset", "fetch", "having", "window", "for", "returning", "union", "intersect", "except"];

    /// <summary>Reads the first WHERE of a statement. What is not understood counts as a condition that is not known.</summary>
    public static SqlConditions Of(IReadOnlyList<SqlToken> tokens, IReadOnlyList<string?> parameters)
    {
        var where = tokens.TakeWhile(token => !token.Is("where")).Count();
        if (where == tokens.Count)
        {
            return None;
        }

        var depth = tokens[where].Depth;
        var condition = tokens.Skip(where + 1).TakeWhile(token => token.Depth > depth || (token.Depth == depth && !IsEnd(token))).ToList();
        return In(condition, parameters);
    }

    private static bool IsEnd(SqlToken token) => (token.Kind is SqlTokenKind.Word && Ends.Contains(token.Text)) || token.Is(';');

    private static SqlConditions In(List<SqlToken> condition, IReadOnlyList<string?> parameters)
    {
        var depth = condition.Count == 0 ? 0 : condition[0].Depth;
        // Beside an OR none has to be true, and the branches of a CASE are chosen from.
        if (condition.Exists(token => token.Depth == depth && (token.Is("or") || token.Is("case"))))
        {
            return None;
        }

        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        var areAll = condition.Count > 0;
        foreach (var part in Parts(condition, depth))
        {
            var inner = IsWrapped(part) ? In(part[1..^1], parameters) : Alone(part, parameters);
            areAll &= inner.AreAll;
            foreach (var (column, value) in inner.Equalities)
            {
                found.TryAdd(column, value);
            }
        }

        return new SqlConditions(found, areAll);
    }

    private static SqlConditions Alone(List<SqlToken> part, IReadOnlyList<string?> parameters) => Equality(part, parameters) is var (column, value)
        ? new SqlConditions(new Dictionary<string, string>(StringComparer.Ordinal) { [column] = value }, AreAll: true)
        : None;

    private static IEnumerable<List<SqlToken>> Parts(List<SqlToken> condition, int depth)
    {
        var part = new List<SqlToken>();
        var isBetween = false;
        foreach (var token in condition)
        {
            if (token.Depth == depth && token.Is("and") && !isBetween)
            {
                yield return part;
                part = [];
                continue;
            }

            // The AND of BETWEEN joins two bounds.
            isBetween = token.Depth == depth ? token.Is("between") || (isBetween && !token.Is("and")) : isBetween;
            part.Add(token);
        }

        yield return part;
    }

    private static bool IsWrapped(List<SqlToken> part) =>
        part.Count > 1 && part[0].Is('(') && part[^1].Is(')') && part.FindIndex(1, token => token.Depth == part[0].Depth) == part.Count - 1;

    private static (string Column, string Value)? Equality(List<SqlToken> part, IReadOnlyList<string?> parameters)
    {
        var sign = part.FindIndex(token => token.Is('='));
        // "<=", ">=", "!=", "=>" and their like have a neighbour that is an operator's character too.
        if (sign <= 0 || sign == part.Count - 1 || IsOperator(part[sign - 1]) || (IsOperator(part[sign + 1]) && !part[sign + 1].Is('-')))
        {
            return null;
        }

        var (left, right) = (part[..sign], part[(sign + 1)..]);
        return (Column(left), Value(right, parameters)) is ({ } column, { } value) ? (column, value)
            : (Column(right), Value(left, parameters)) is ({ } other, { } otherValue) ? (other, otherValue)
            : null;
    }

    private static bool IsOperator(SqlToken token) => token.Kind is SqlTokenKind.Symbol && token.Text[0] is '<' or '>' or '!' or '=' or '~' or '@' or '+' or '*' or '/' or '|' or '&' or '#' or '%' or '^' or '-';

    private static string? Column(List<SqlToken> side) =>
        side.Count % 2 == 1 && side.Count <= 5 && side[^1] is { IsName: true, IsEncoded: false } && !side[^1].Is("true") && !side[^1].Is("false") && !side[^1].Is("null")
            && Enumerable.Range(0, side.Count).All(position => position % 2 == 0 ? side[position].IsName : side[position].Is('.'))
            ? side[^1].Text
            : null;

    // A value may have a sign and a cast to a type whose name is one word.
    private static string? Value(List<SqlToken> side, IReadOnlyList<string?> parameters)
    {
        if (side.Count > 3 && side[^2].Is(':') && side[^3].Is(':') && side[^1].Kind is SqlTokenKind.Word)
        {
            side = side[..^3];
        }

        return side switch
        {
            [var value] => value.Value(parameters),
            [var minus, { Kind: SqlTokenKind.Number } number] when minus.Is('-') => $"-{number.Text}",
            _ => null,
        };
    }
}
