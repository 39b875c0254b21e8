namespace Tiebreak.Races.Scheduling.Dependencies;

/// <summary>What a piece of SQL text is.</summary>
internal enum SqlTokenKind
{
    /// <summary>A keyword or a name that is not quoted, in lower case.</summary>
    Word,

    /// <summary>A quoted name, without its quotes.</summary>
    Name,

    /// <summary>A string's content.</summary>
    Text,

    Number,

    /// <summary>The number of a parameter, from 1.</summary>
    Parameter,

    /// <summary>An operator's characters one by one, parentheses, commas.</summary>
    Sign,
}

/// <summary>A piece of SQL text.</summary>
internal readonly record struct SqlToken(SqlTokenKind Kind, string Text)
{
    public bool IsWord(string word) => Kind == SqlTokenKind.Word && Text == word;

    public bool IsSign(char sign) => Kind == SqlTokenKind.Sign && Text[0] == sign;

    public bool IsName => Kind is SqlTokenKind.Word or SqlTokenKind.Name;
}
