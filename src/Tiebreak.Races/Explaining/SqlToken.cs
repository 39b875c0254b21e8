namespace Tiebreak.Races.Explaining;

/// <summary>A piece of a statement; comments and white space are none.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Where it begins in the statement.</param>
/// <param name="End">One past its last character.</param>
/// <param name="Text">As it stands there; words in lower case, quoted identifiers without their quotes.</param>
/// <param name="Depth">How many parentheses are open around it; a parenthesis itself has the depth outside.</param>
internal readonly record struct SqlToken(SqlTokenKind Kind, int Start, int End, string Text, int Depth)
{
    public bool Is(string word) => Kind is SqlTokenKind.Word or SqlTokenKind.Symbol && Text == word;

    public bool IsName => Kind is SqlTokenKind.Word or SqlTokenKind.QuotedName;
}

/// <summary>What a token is.</summary>
internal enum SqlTokenKind
{
    /// <summary>A keyword or an identifier without quotes.</summary>
    Word,

    /// <summary>An identifier in double quotes.</summary>
    QuotedName,

    /// <summary>A string, in single quotes or dollars.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary><c>$1</c>.</summary>
    Parameter,

    /// <summary>Anything else, one character each.</summary>
    Symbol,
}
