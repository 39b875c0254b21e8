namespace Tiebreak.Races.Wire;

/// <summary>What a piece of SQL is.</summary>
internal enum SqlTokenKind
{
    /// <summary>A word: a key word or an unquoted name, in lower case.</summary>
    Word,

    /// <summary>A name in double quotes, without them.</summary>
    QuotedName,

    /// <summary>A string of any form, with its quotes.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A parameter such as <c>$1</c>.</summary>
    Parameter,

    /// <summary>Any other character.</summary>
    Symbol,

    /// <summary>The end of a statement.</summary>
    Semicolon,
}
