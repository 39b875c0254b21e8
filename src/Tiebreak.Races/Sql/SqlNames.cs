namespace Tiebreak.Races.Sql;

/// <summary>Names among a statement's tokens.</summary>
internal static class SqlNames
{
    /// <summary>Functions that are called: a name directly before a parenthesis, with its index. INSERT INTO t (...) looks like one.</summary>
    public static IEnumerable<(string Name, int Index)> Calls(IReadOnlyList<SqlToken> tokens)
    {
        for (var index = 0; index + 1 < tokens.Count; index++)
        {
            if (tokens[index].IsName && tokens[index + 1].Is('('))
            {
                yield return (tokens[index].Text, index);
            }
        }
    }

    /// <summary>A name, perhaps with its schema, at an index; and the index behind it.</summary>
    public static (string? Schema, string Name, int Next)? At(IReadOnlyList<SqlToken> tokens, int index)
    {
        while (index < tokens.Count && (tokens[index].Is("only") || tokens[index].Is("lateral")))
        {
            index++;
        }

        if (index >= tokens.Count || !tokens[index].IsName)
        {
            return null;
        }

        return index + 2 < tokens.Count && tokens[index + 1].Is('.') && tokens[index + 2].IsName
            ? (tokens[index].Text, tokens[index + 2].Text, index + 3)
            : (null, tokens[index].Text, index + 1);
    }
}
