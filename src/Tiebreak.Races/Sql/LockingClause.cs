namespace Tiebreak.Races.Sql;

/// <summary>A <c>FOR UPDATE</c> or one of its family in a statement.</summary>
/// <param name="First">Index of its first token.</param>
/// <param name="Last">Index of its last token.</param>
/// <param name="Depth">How many parentheses are open around it.</param>
/// <param name="Strength">Of the locks that it takes.</param>
internal sealed record LockingClause(int First, int Last, int Depth, LockStrength Strength)
{
    public static IReadOnlyList<LockingClause> FindAll(IReadOnlyList<SqlToken> tokens)
    {
        var clauses = new List<LockingClause>();
        for (var index = 0; index < tokens.Count; index++)
        {
            if (tokens[index].Is("for") && StrengthAt(tokens, index + 1) is (not LockStrength.None and var strength, var words))
            {
                clauses.Add(new LockingClause(index, Rest(tokens, index + words), tokens[index].Depth, strength));
                index = clauses[^1].Last;
            }
        }

        return clauses;
    }

    private static (LockStrength Strength, int Words) StrengthAt(IReadOnlyList<SqlToken> tokens, int index) => (Word(tokens, index), Word(tokens, index + 1), Word(tokens, index + 2)) switch
    {
        ("update", _, _) => (LockStrength.Update, 1),
        ("no", "key", "update") => (LockStrength.NoKeyUpdate, 3),
        ("share", _, _) => (LockStrength.Share, 1),
        ("key", "share", _) => (LockStrength.KeyShare, 2),
        _ => (LockStrength.None, 0),
    };

    private static int Rest(IReadOnlyList<SqlToken> tokens, int last)
    {
        if (Word(tokens, last + 1) == "of")
        {
            last += 1;
            do
            {
                last = SqlNames.At(tokens, last + 1) is { } name ? name.Next - 1 : last + 1;
            }
            while (last + 1 < tokens.Count && tokens[last + 1].Is(',') && ++last > 0);
        }

        if (Word(tokens, last + 1) == "nowait")
        {
            return last + 1;
        }

        return Word(tokens, last + 1) == "skip" && Word(tokens, last + 2) == "locked" ? last + 2 : last;
    }

    private static string Word(IReadOnlyList<SqlToken> tokens, int index) => index < tokens.Count && tokens[index].Kind == SqlTokenKind.Word ? tokens[index].Text : "";
}
