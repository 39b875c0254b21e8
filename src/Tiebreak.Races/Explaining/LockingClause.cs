namespace Tiebreak.Races.Explaining;

/// <summary>A <c>FOR UPDATE</c> or one of its family in a statement.</summary>
/// <param name="First">Index of its first token.</param>
/// <param name="Last">Index of its last token.</param>
/// <param name="Depth">How many parentheses are open around it.</param>
internal sealed record LockingClause(int First, int Last, int Depth)
{
    public static IReadOnlyList<LockingClause> FindAll(IReadOnlyList<SqlToken> tokens)
    {
        var clauses = new List<LockingClause>();
        for (var index = 0; index < tokens.Count; index++)
        {
            if (tokens[index].Is("for") && Strength(tokens, index + 1) is >= 0 and var end)
            {
                clauses.Add(new LockingClause(index, Rest(tokens, end), tokens[index].Depth));
                index = clauses[^1].Last;
            }
        }

        return clauses;
    }

    private static int Strength(IReadOnlyList<SqlToken> tokens, int index)
    {
        if (Word(tokens, index) is "update" or "share")
        {
            return index;
        }

        if (Word(tokens, index) == "key" && Word(tokens, index + 1) == "share")
        {
            return index + 1;
        }

        return Word(tokens, index) == "no" && Word(tokens, index + 1) == "key" && Word(tokens, index + 2) == "update" ? index + 2 : -1;
    }

    private static int Rest(IReadOnlyList<SqlToken> tokens, int last)
    {
        if (Word(tokens, last + 1) == "of")
        {
            last += 1;
            do
            {
                last = SqlReader.NameAt(tokens, last + 1) is { } name ? name.Next - 1 : last + 1;
            }
            while (last + 1 < tokens.Count && tokens[last + 1].Is(",") && ++last > 0);
        }

        if (Word(tokens, last + 1) == "nowait")
        {
            return last + 1;
        }

        return Word(tokens, last + 1) == "skip" && Word(tokens, last + 2) == "locked" ? last + 2 : last;
    }

    private static string Word(IReadOnlyList<SqlToken> tokens, int index) => index < tokens.Count && tokens[index].Kind == SqlTokenKind.Word ? tokens[index].Text : "";
}
